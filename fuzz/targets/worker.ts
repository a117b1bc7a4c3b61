import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect } from '@raft-mesh/mesh';
import type { Link, LinkAcceptor, LinkHandlers, Worker } from '@raft-mesh/mesh';
import { createControlPlaneClient } from '@raft-mesh/mesh-node';
import { encodeFrames, isJsonValue } from '@raft-mesh/protocol';
import type { ManagerId, WireMessage } from '@raft-mesh/protocol';
import { MemoryNetwork, MemoryWorkerStore, SeededRandom, SimulatedClock } from '@raft-mesh/testkit';
import type { MemoryLink } from '@raft-mesh/testkit';
import { createHttpDialer } from '@raft-mesh/transport-http';
import { patched } from '../../packages/mesh/src/worker/view-copy.ts';
import { byType } from '../../packages/protocol/src/codec/registry.ts';
import { Connection } from '../../packages/transport-websocket/src/connection.ts';
import { generator, json } from '../generate.ts';
import { messageSamples } from '../samples/messages.ts';
import { check } from '../target.ts';
import type { Target, Verdict } from '../target.ts';
import { checkError } from './frames.ts';
import { frames, tupleOf } from './raft.ts';
import { mesh } from './manager.ts';

const decoder = new TextDecoder();
const parsed = (input: Uint8Array): unknown => {
  try {
    return JSON.parse(decoder.decode(input));
  } catch {
    return undefined;
  }
};

const view = { players: [{ id: 'ada', alive: true }, { id: 'bob', alive: false }], 'a/b': { '~': 1 }, deep: { list: [1, 2, 3] } };
/** [view, JSON Patch]. What comes of it is JSON again, and not much larger than what went in. */
const patch: Target = {
  name: 'worker.patch', weight: 4,
  ...generator([
    [view, [{ op: 'replace', path: '/players/1/alive', value: true }, { op: 'add', path: '/deep/list/1', value: { x: 1 } }, { op: 'remove', path: '/a~1b/~0' }]],
    [view, [{ op: 'copy', from: '', path: '/deep/copy' }, { op: 'move', from: '/players', path: '/people' }, { op: 'test', path: '/deep', value: 1 }]],
    [view, Array.from({ length: 24 }, () => ({ op: 'copy', from: '', path: '/twice' }))],
    [[1, 2, 3], [{ op: 'add', path: '/-', value: 4 }, { op: 'add', path: '/4294967294', value: 4 }, { op: 'remove', path: '/0' }]],
    [1, [{ op: 'replace', path: '', value: view }, { op: 'add', path: '/constructor/prototype/x', value: 1 }, { op: 'add', path: '/__proto__/x', value: 1 }]],
  ], json, { bytesPerMille: 50 }),
  open: () => ({
    run(input) {
      const value = parsed(input);
      if (!Array.isArray(value)) return 'refused';
      const [before, operations] = value as readonly unknown[];
      // A view and its operations come out of a frame, which has checked them.
      if (!isJsonValue(before) || !isJsonValue(operations)) return 'refused';
      const text = JSON.stringify(before);
      const after = patched(before, operations);
      check(JSON.stringify(before) === text, 'the view that was patched has changed itself');
      check(Object.keys(Object.prototype).length === 0 && !('x' in {}), 'a patch has reached a prototype');
      if (after === undefined) return 'refused';
      check(JSON.stringify(after).length <= 4 * input.length + 1024, 'a patch makes far more than it brings');
      return 'accepted';
    },
    close() {},
  }),
};

const toWorker = messageSamples.filter((message, place) => { const code = byType.get(message.type)?.code ?? 0; return (code >= 32 && code < 64) || place % 6 === 0; });
const welcome: WireMessage = {
  type: 'welcome', agent: 'ada', name: 'Ada', session: 's-1', manager: 'm1', bootId: 'boot', managers: [{ id: 'm1', url: 'memory:m1' }], leader: 'm1', logTimeMs: 5_000, heartbeatIntervalMs: 500,
} as unknown as WireMessage;
const workerStories = [
  [tupleOf(welcome)],
  ...[
    { type: 'viewWhole', watch: 1, version: 5, value: view }, { type: 'viewPatch', watch: 1, baseVersion: 5, version: 6, operations: [{ op: 'replace', path: '/players/1/alive', value: true }] }, { type: 'viewCurrent', watch: 1, version: 7 },
    { type: 'commandOutcome', sequence: 1, outcome: { status: 'committed', index: 9, answer: {} } }, { type: 'commandRetry', sequence: 1, refusal: { code: 'overloaded', message: 'Later.' }, retryAfterMs: 10, nextSequence: null },
    { type: 'queryAnswer', request: 1, result: { status: 'answered', index: 4, answer: [1] } }, { type: 'error', code: 'noLeader', message: 'None.', next: 'Wait.', fatal: false }, { type: 'leaderChanged', leader: null, term: 4 },
    { type: 'managersChanged', managers: [{ id: 'm1', url: 'memory:m1' }] }, { type: 'heartbeatAck', beat: 1, leader: 'm1', term: 3, logTimeMs: 6_000 },
  ].map((message) => [tupleOf(message as unknown as WireMessage)]),
  ...toWorker.map((message) => [tupleOf(message)]),
];

/** Whatever a manager sends to a worker that has watches, a query and a command open. */
const worker: Target = {
  name: 'worker.messages', weight: 1, reopenAfter: 200, ...generator(workerStories, frames, { bytesPerMille: 100 }),
  open: () => {
    let clock = new SimulatedClock(1_000);
    let network = new MemoryNetwork({ clock });
    let link: MemoryLink | null = null;
    let connected: Worker | null = null;
    const isLinked = (): boolean => link !== null;
    const settle = async (byMs: number): Promise<void> => {
      const untilMs = clock.nowMs() + byMs;
      for (let turns = 0; turns < 30; turns += 1) {
        while (clock.runNext(clock.nowMs()));
        await Promise.resolve();
        if (!clock.runNext(untilMs)) break;
      }
      await nextTurn();
    };
    const open = async (): Promise<Worker> => {
      clock = new SimulatedClock(1_000);
      network = new MemoryNetwork({ clock });
      const acceptor: LinkAcceptor = {
        accept: (accepted: Link): LinkHandlers => ({
          onOpen() {},
          onMessages(messages) {
            link = accepted as MemoryLink;
            for (const message of messages) if (message.type === 'hello') accepted.send({ ...welcome, session: message.session.id } as WireMessage);
          },
          onInvalid(error) { throw new Error(`the worker sent no valid frame: ${error.message}`); },
          onEnd() { if (link === accepted) link = null; },
        }),
      };
      network.listen('memory:m1', mesh, acceptor);
      const connecting = connect({ store: new MemoryWorkerStore(), dialer: network.dialer('worker'), clock, random: new SeededRandom(9), agentKind: 'cli', join: { mesh, token: 't', name: 'Ada', managers: [{ id: 'm1' as ManagerId, url: 'memory:m1' }] } });
      let made: Worker | null = null;
      void connecting.then((value) => { made = value; }, () => {});
      await clock.advanceUntil(() => made !== null, 10_000);
      const opened = await connecting;
      opened.watch('mafia', null, () => {}, () => {});
      void opened.send('documents', 'put', { key: 'a', value: 1 }).catch(() => {});
      void opened.query('documents', 'get', { key: 'a' }).catch(() => {});
      await settle(2);
      return opened;
    };
    return {
      async run(input): Promise<Verdict> {
        if (connected === null || connected.state.phase === 'ended') connected = await open();
        for (let waits = 0; !isLinked() && waits < 200; waits += 1) await settle(50);
        if (link === null) { void connected.close(); connected = null; return 'refused'; }
        const here: MemoryLink = link;
        here.sendBytes(input);
        await settle(5);
        return link === here ? 'accepted' : 'refused';
      },
      close: async () => { void connected?.close(); await settle(10); },
    };
  },
};

/** What a server answers a worker over HTTP: to its hello, and then as a stream of events. */
const dialled: Target = {
  name: 'http.dialed', weight: 1.5,
  ...generator([
    { status: 201, opened: { link: 'l', linkSecret: 'x', frames: [{ mesh: 'village', incarnation: 1, message: { type: 'heartbeatAck', beat: 1, leader: null, term: 1, logTimeMs: 1 } }] }, stream: ': open\n\ndata: {"mesh":"village","incarnation":1,"message":{"type":"goodbye"}}\n\n' },
    { status: 201, opened: { link: 'l', linkSecret: 'x', frames: [] }, stream: 'event: x\nid: 1\nretry: 5\ndata: {"a":\ndata: 1}\n\ndata: null\n\n' },
    { status: 503, opened: { type: 'about:blank', title: 'Overloaded', status: 503, code: 'overloaded', detail: 'Full.', next: 'Wait.' }, stream: '' },
    { status: 409, opened: { type: 'about:blank', title: 'Wrong', status: 409, code: 'wrongIncarnation', detail: 'No.', next: 'Wait.', incarnation: 2 }, stream: '' },
  ], json, { bytesPerMille: 150 }),
  open: () => ({
    async run(input): Promise<Verdict> {
      const script = Object(parsed(input)) as { readonly status?: unknown; readonly opened?: unknown; readonly stream?: unknown };
      const status = typeof script.status === 'number' && Number.isInteger(script.status) && script.status >= 200 && script.status <= 599 ? script.status : 201;
      const isEmpty = [204, 205, 304].includes(status);
      const fetchScripted = ((_url: string, init?: RequestInit) => Promise.resolve(init?.method === 'POST'
        ? new Response(isEmpty ? null : JSON.stringify(script.opened) ?? '', { status })
        : new Response(typeof script.stream === 'string' ? script.stream : JSON.stringify(script.stream) ?? '', { status: 200, headers: { 'content-type': 'text/event-stream' } }))) as typeof fetch;
      let heard = 0;
      const end = await new Promise<Parameters<LinkHandlers['onEnd']>[0]>((resolve) => {
        const link: Link = createHttpDialer({ fetch: fetchScripted }).dial('http://manager', mesh, {
          onOpen: () => link.send({ type: 'heartbeat', beat: 1 }),
          onMessages: (messages) => { heard += messages.length; encodeFrames(messages.map((message) => ({ ...mesh, message }))); },
          onInvalid: (error) => { checkError(error); link.close(); },
          onEnd: resolve,
        });
      });
      if (end.cause === 'closedThere' && end.error !== null) check(end.error.code.length > 0 && typeof end.error.message === 'string', 'an error says nothing');
      return heard > 0 ? 'accepted' : 'refused';
    },
    close() {},
  }),
};

/** What a control plane or a manager answers to a client. */
const answer: Target = {
  name: 'http.answer', weight: 1,
  ...generator([
    { status: 200, type: 'application/json', body: { mesh: 'village', incarnation: 1, app: 'mafia', publicKey: 'x', createdAt: 'now', managers: [] } },
    { status: 404, type: 'application/problem+json', body: { type: 'about:blank', title: 'T', status: 404, code: 'meshNotFound', detail: 'No.', next: 'Look.', leader: { id: 'm1', url: 'http://x' } } },
    { status: 502, type: 'text/html', body: '<html>' }, { status: 204, type: '', body: '' },
  ], json, { bytesPerMille: 100 }),
  open: () => {
    const { fetch: platformFetch } = globalThis;
    let script: { readonly status?: unknown; readonly body?: unknown } = {};
    globalThis.fetch = () => {
      const status = typeof script.status === 'number' && Number.isInteger(script.status) && script.status >= 200 && script.status <= 599 ? script.status : 200;
      return Promise.resolve(new Response([204, 205, 304].includes(status) ? null : typeof script.body === 'string' ? script.body : JSON.stringify(script.body) ?? '', { status }));
    };
    return {
      async run(input): Promise<Verdict> {
        script = Object(parsed(input)) as typeof script;
        const result = await createControlPlaneClient({ url: 'http://control-plane' }).mesh('village');
        if (result.ok) return 'accepted';
        check(result.problem.detail.length >= 0 && typeof result.problem.code === 'string' && typeof result.problem.next === 'string', 'a problem says nothing');
        return 'refused';
      },
      close() { globalThis.fetch = platformFetch; },
    };
  },
};

type Listener = (event: { readonly data: unknown }) => void;

/** A WebSocket's messages, on the side that listens: several meshes share it. */
const connection: Target = {
  name: 'webSocket.connection', weight: 4,
  ...generator([...messageSamples.map((message) => [tupleOf(message)]), ...messageSamples.map((message, place) => [tupleOf(message), ['other', 2, ...tupleOf(messageSamples[place * 7 % messageSamples.length] ?? message).slice(2)], tupleOf(message)])], frames),
  open: () => ({
    run(input): Verdict {
      const listeners = new Map<string, Listener>();
      let sent = 0;
      let closed = false;
      const socket = {
        readyState: 1, OPEN: 1, bufferedAmount: 0, binaryType: 'nodebuffer', send(data: Uint8Array) { sent += data.length; }, close() { closed = true; }, terminate() { closed = true; },
        addEventListener(name: string, listener: Listener) { listeners.set(name, listener); },
      };
      let heard = 0;
      let invalid = 0;
      const carrier: Connection = new Connection({
        socket: socket as never, remote: 'fuzz', watch: () => null, onIdle() {},
        onUnknownMesh(which) {
          if (which.mesh === 'nobody') { carrier.refuse(which, { code: 'wrongMesh', message: 'No.', next: 'No.' }); return null; }
          const link = carrier.attach(which);
          link.setHandlers({ onOpen() {}, onMessages(messages) { heard += messages.length; }, onInvalid(error) { checkError(error); invalid += 1; link.close(error); }, onEnd() {} });
          return link;
        },
      });
      listeners.get('message')?.({ data: input.length % 7 === 0 ? input.buffer.slice(input.byteOffset, input.byteOffset + input.length) : input });
      listeners.get('message')?.({ data: Buffer.from(input) });
      carrier.close(1001, '');
      check(closed && sent <= 16 * input.length + 65_536, 'an answer is far larger than what it answers');
      return invalid === 0 && heard > 0 ? 'accepted' : 'refused';
    },
    close() {},
  }),
};

export const workerTargets: readonly Target[] = [patch, worker, dialled, answer, connection];
