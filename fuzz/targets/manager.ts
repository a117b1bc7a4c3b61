import { setImmediate as nextTurn } from 'node:timers/promises';
import { app } from '@raft-mesh/mafia';
import { Manager } from '@raft-mesh/mesh';
import type { Link, LinkHandlers, Log } from '@raft-mesh/mesh';
import { nodeIdOf, protocolVersion } from '@raft-mesh/protocol';
import type { ManagerId, ManagerIdentity, MeshId, MeshIdentity, ProtocolError, WireMessage } from '@raft-mesh/protocol';
import { MemoryManagerStore, MemoryNetwork, SeededRandom, SimulatedClock, TestIssuer, emptyPersistedState } from '@raft-mesh/testkit';
import type { MemoryLink } from '@raft-mesh/testkit';
import { Handshake } from '../../packages/mesh/src/manager/manager-handshake.ts';
import { byType } from '../../packages/protocol/src/codec/registry.ts';
import { messageSamples, commandSamples } from '../samples/messages.ts';
import { generator } from '../generate.ts';
import { check } from '../target.ts';
import type { Target, Verdict } from '../target.ts';
import { checkError } from './frames.ts';
import { configuration, frames, peerStories, tupleOf } from './raft.ts';

export const mesh: MeshIdentity = { mesh: 'village' as MeshId, incarnation: 1 };
const identity = (manager: string): ManagerIdentity => ({ ...mesh, manager: manager as ManagerId, managerIncarnation: 1 });

/** One manager on a simulated clock and network. Its log of errors must stay empty. */
class Stage {
  readonly clock = new SimulatedClock(1_000);
  readonly network = new MemoryNetwork({ clock: this.clock });
  readonly issuer = new TestIssuer(mesh);
  readonly manager: Manager;
  stopped: string | null = null;
  readonly errors: string[] = [];

  constructor(voters: typeof configuration) {
    const log: Log = { debug() {}, info() {}, warn() {}, error: (fields, message) => { if (!('reason' in fields)) this.errors.push(`${message} ${JSON.stringify(fields)}`); } };
    this.manager = new Manager({
      identity: identity('m1'), url: 'memory:m1', app, store: new MemoryManagerStore(emptyPersistedState(voters)), dialer: this.network.dialer('memory:m1'),
      authority: this.issuer.authorityFor(identity('m1')), clock: this.clock, random: new SeededRandom(3), log, pid: 1, snapshotLogBytes: 256 * 1024, snapshotKeepEntries: 16,
      onStopped: (reason) => { this.stopped = reason; },
    });
  }

  async start(): Promise<this> {
    await this.manager.start();
    this.network.listen('memory:m1', mesh, this.manager);
    return this;
  }

  /** What is due now, and what that brings about, with promises in between. */
  async settle(byMs = 2): Promise<void> {
    const untilMs = this.clock.nowMs() + byMs;
    for (let turns = 0; turns < 40; turns += 1) {
      while (this.clock.runNext(this.clock.nowMs()));
      await Promise.resolve();
      if ((this.clock.nextDueMs ?? Number.POSITIVE_INFINITY) > untilMs) break;
      this.clock.runNext(untilMs);
    }
    await nextTurn();
    while (this.clock.runNext(this.clock.nowMs()));
  }
}

/** The other end of a link: what it was told, and how it ended. */
class Ear implements LinkHandlers {
  readonly heard: WireMessage[] = [];
  ended: ProtocolError | 'without a word' | null = null;
  link: Link | null = null;
  onOpen(): void {}
  onMessages(messages: readonly WireMessage[]): void { this.heard.push(...messages); }
  onInvalid(error: ProtocolError): void { throw new Error(`the manager sent no valid frame: ${error.message}`); }
  onEnd(end: Parameters<LinkHandlers['onEnd']>[0]): void { this.ended = end.cause === 'closedThere' && end.error !== null ? end.error : 'without a word'; }
}

const alone = { ...configuration, voters: configuration.voters.slice(0, 1).map(({ id }) => ({ id, address: 'memory:m1' })) };
const hello = (credential: unknown): unknown[] => tupleOf({ type: 'hello', protocolVersion, agentKind: 'cli', credential, session: { id: 's-1', opened: false } } as unknown as WireMessage);
const workerStories = [
  ...commandSamples.map(([module, command, args], place) => [tupleOf({ type: 'command', sequence: place % 3 + 1, acknowledgedThrough: 0, module, command, arguments: args } as unknown as WireMessage)]),
  ...[
    { type: 'heartbeat', beat: 1 }, { type: 'query', request: 1, module: 'documents', query: 'list', arguments: { prefix: '' }, stale: true }, { type: 'query', request: 2, module: 'documents', query: 'get', arguments: { key: 'notes/a' }, stale: false },
    { type: 'watch', watch: 1, module: 'documents', parameters: { prefix: 'notes/' }, knownVersion: 0 }, { type: 'watch', watch: 2, module: 'mafia', parameters: null, knownVersion: 3 }, { type: 'unwatch', watch: 1 }, { type: 'goodbye' },
  ].map((message) => [tupleOf(message as unknown as WireMessage)]),
  [hello({ kind: 'resume', agent: 'ada', resumeSecret: 'x' })],
  // Mostly what a worker may say.
  ...messageSamples.filter((message, place) => (byType.get(message.type)?.code ?? 0) < 32 || place % 6 === 0).map((message) => [tupleOf(message)]),
];

/** Whatever a worker sends on a link, before its welcome or after. */
const worker: Target = {
  name: 'manager.worker', weight: 1.2, reopenAfter: 3_000, ...generator(workerStories, frames, { bytesPerMille: 150 }),
  open: async () => {
    const leading = async (): Promise<Stage> => {
      const made = await new Stage(alone).start();
      await made.clock.advanceUntil(() => made.manager.status().role === 'leader', 20_000);
      return made;
    };
    let stage = await leading();
    let link: MemoryLink | null = null;
    let ear = new Ear();
    let joins = 0;
    const welcomed = async (): Promise<MemoryLink> => {
      ear = new Ear();
      const dialled = stage.network.dialer('memory:worker').dial('memory:m1', mesh, ear) as MemoryLink;
      await stage.settle();
      const credential = joins === 0 ? { kind: 'join', token: stage.issuer.joinToken({ sub: 'ada' as never, accessRole: 'admin' }), name: 'Ada', resumeSecret: 'secret' } : { kind: 'resume', agent: 'ada', resumeSecret: 'secret' };
      joins += 1;
      dialled.send({ type: 'hello', protocolVersion, agentKind: 'cli', credential, session: { id: `s-${Math.floor(joins / 100)}`, opened: false } } as WireMessage);
      await stage.clock.advanceUntil(() => ear.heard.length > 0 || ear.ended !== null, 30_000);
      check(ear.heard[0]?.type === 'welcome', `no welcome: ${JSON.stringify(ear.ended)} ${stage.errors.join()}`);
      return dialled;
    };
    return {
      async run(input): Promise<Verdict> {
        // One in eight says it before any welcome.
        if (input.length % 8 === 0) {
          const stranger = new Ear();
          const dialled = stage.network.dialer('memory:stranger').dial('memory:m1', mesh, stranger) as MemoryLink;
          await stage.settle();
          dialled.sendBytes(input);
          await stage.settle();
          dialled.close();
          await stage.settle();
        }
        link ??= await welcomed();
        const before = ear.heard.length;
        link.sendBytes(input);
        await stage.settle(60);
        check(stage.stopped === null && stage.errors.length === 0, `the manager did not bear it: ${stage.stopped ?? ''} ${stage.errors.join()}`);
        const said = ear.heard.slice(before);
        ear.heard.length = 0;
        if (ear.ended !== null) {
          if (ear.ended !== 'without a word') checkError(ear.ended);
          link = null;
          // Who shut itself out has no way back: on with another mesh.
          if (ear.ended !== 'without a word' && ear.ended.code === 'credentialRevoked') [stage, joins] = [await leading(), 0];
          return 'refused';
        }
        return said.some((message) => message.type === 'error') ? 'refused' : 'accepted';
      },
      close: async () => { const stopping = stage.manager.stop(); await stage.clock.advance(5); await stopping; },
    };
  },
};

/** Whatever a manager with the right credential sends to another, before its proof or after. */
const peer: Target = {
  name: 'manager.peer', weight: 1, reopenAfter: 500, ...generator([...peerStories, ...messageSamples.map((message) => [tupleOf(message)])], frames, { bytesPerMille: 100 }),
  open: async () => {
    let stage: Stage | null = null;
    let link: MemoryLink | null = null;
    let ear = new Ear();
    const proven = async (on: Stage): Promise<MemoryLink> => {
      ear = new Ear();
      const dialled = on.network.dialer('memory:m2').dial('memory:m1', mesh, ear) as MemoryLink;
      await on.settle();
      const handshake = new Handshake({ identity: identity('m2'), bootId: 'boot-2' as never, authority: on.issuer.authorityFor(identity('m2')), random: new SeededRandom(5), isMember: () => true, appliedIndex: () => 7 });
      dialled.send(handshake.hello());
      await on.clock.advanceUntil(() => ear.heard.length > 0 || ear.ended !== null, 5_000);
      const [challenge] = ear.heard;
      if (challenge?.type !== 'managerChallenge') throw new Error(`no challenge but ${JSON.stringify(challenge ?? ear.ended)}`);
      const step = await handshake.answerChallenge(nodeIdOf('m1' as ManagerId, 1), challenge);
      if (!step.ok) throw new Error(step.error.message);
      dialled.send(step.proof);
      await on.clock.advanceUntil(() => ear.heard.some(({ type }) => type === 'managerReady') || ear.ended !== null, 5_000);
      return dialled;
    };
    return {
      async run(input): Promise<Verdict> {
        stage ??= await new Stage(configuration).start();
        link ??= await proven(stage);
        link.sendBytes(input);
        await stage.settle(input.length % 16 === 0 ? 700 : 5);
        check(stage.errors.length === 0, `the manager did not bear it: ${stage.errors.join()}`);
        ear.heard.length = 0;
        if (ear.ended !== null) link = null;
        if (stage.stopped !== null) {
          // A liar that the mesh's key vouches for can make a manager see the impossible: it stops, and says so. Never by a slip of its own.
          check(!/(Type|Reference|Range|Syntax)Error/.test(stage.stopped), `the manager stopped: ${stage.stopped}`);
          stage = null;
          link = null;
          return 'refused';
        }
        return ear.ended === null ? 'accepted' : 'refused';
      },
      close: async () => { const stopping = stage?.manager.stop(); await stage?.clock.advance(5); await stopping; },
    };
  },
};

export const managerTargets: readonly Target[] = [worker, peer];
