import type { Dialer, Link, LinkAcceptor, LinkEnd, LinkHandlers } from '@raft-mesh/mesh';
import { limits } from '@raft-mesh/protocol';
import type { MeshId, ProtocolError, WireMessage } from '@raft-mesh/protocol';
import type { AgentId, JsonValue, SessionId } from '@raft-mesh/state-machine';

/** Finds who takes in links of a mesh, or why nobody does. */
export type Resolve = (mesh: MeshId, incarnation: number) => LinkAcceptor | ProtocolError;

export interface TransportServer {
  /** What to dial. */
  readonly address: string;
  /** Stops listening and drops every connection. */
  close(): Promise<void>;
}

export interface TransportUnderTest {
  readonly dialer: Dialer;
  listen(resolve: Resolve): Promise<TransportServer>;
}

interface Expectation {
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
  toMatchObject(expected: object): void;
  toContain(expected: unknown): void;
  toHaveLength(expected: number): void;
  toBeGreaterThanOrEqual(expected: number): void;
}

/** The test runner, handed in so that this package needs none: pass what `@jest/globals` exports. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => void;
  readonly test: (name: string, body: () => Promise<void>) => void;
  readonly beforeEach: (body: () => Promise<void>) => void;
  readonly afterEach: (body: () => Promise<void>) => void;
  readonly expect: (actual: unknown) => Expectation & { readonly not: Expectation };
}

/** One end of a link, and everything that happened to it. */
export class LinkRecorder implements LinkHandlers {
  readonly messages: WireMessage[] = [];
  readonly invalid: ProtocolError[] = [];
  readonly ends: LinkEnd[] = [];
  opens = 0;
  /** Answers each message as it comes, when set. */
  onMessage: ((message: WireMessage) => void) | null = null;
  readonly #waiting = new Set<() => void>();

  onOpen(): void {
    this.opens += 1;
    this.#look();
  }

  onMessages(messages: readonly WireMessage[]): void {
    for (const message of messages) {
      this.messages.push(message);
      this.onMessage?.(message);
    }
    this.#look();
  }

  onInvalid(error: ProtocolError): void {
    this.invalid.push(error);
    this.#look();
  }

  onEnd(end: LinkEnd): void {
    this.ends.push(end);
    this.#look();
  }

  /** Resolves when `condition` holds, looked at after each thing that happens. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  async ended(): Promise<LinkEnd> {
    await this.until(() => this.ends.length > 0);
    const [end] = this.ends;
    if (end === undefined) throw new Error('a link ended without an end');
    return end;
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }
}

interface Accepted {
  readonly link: Link;
  readonly recorder: LinkRecorder;
}

const mesh = { mesh: 'village' as MeshId, incarnation: 1 } as const;
const otherMesh = { mesh: 'harbour' as MeshId, incarnation: 3 } as const;
const hello: WireMessage = {
  type: 'hello', protocolVersion: 2, agentKind: 'cli', credential: { kind: 'resume', agent: 'ada' as AgentId, resumeSecret: 'not a real one' },
  session: { id: 'session-1' as SessionId, opened: false },
};
const welcome: WireMessage = {
  type: 'welcome', agent: 'ada' as AgentId, name: 'Ada', session: 'session-1' as SessionId, manager: 'm1' as never, bootId: 'boot-1',
  managers: [], leader: null, logTimeMs: 0, heartbeatIntervalMs: 500,
};
const heartbeat = (beat: number): WireMessage => ({ type: 'heartbeat', beat });
const event = (index: number, value: JsonValue): WireMessage => ({ type: 'event', module: 'chat', index, event: value });
const beatsOf = (messages: readonly WireMessage[]): number[] => messages.flatMap((message) => (message.type === 'heartbeat' ? [message.beat] : []));
const stopping: ProtocolError = { code: 'stopping', message: 'This manager stops.', next: 'Dial another.' };
const wrongMesh: ProtocolError = { code: 'wrongMesh', message: 'No such mesh is here.', next: 'Ask the control plane where it is.' };

/** What every transport owes to the Dialer and Link ports. Real sockets, no timed waits. */
export function transportSuite({ describe, test, beforeEach, afterEach, expect }: TestRunner, name: string, create: () => Promise<TransportUnderTest>): void {
  describe(`${name} as a transport`, () => {
    let transport: TransportUnderTest;
    let server: TransportServer;
    let accepted: Accepted[];
    let onAccepted: () => void;
    let dialed: Link[];

    /** A listener that says welcome to each hello. */
    const acceptor: LinkAcceptor = {
      accept(link) {
        const recorder = new LinkRecorder();
        recorder.onMessage = (message) => { if (message.type === 'hello') link.send(welcome); };
        accepted.push({ link, recorder });
        onAccepted();
        return recorder;
      },
    };
    const nextAccepted = async (count = 1): Promise<Accepted> => {
      while (accepted.length < count) await new Promise<void>((resolve) => { onAccepted = resolve; });
      const last = accepted[count - 1];
      if (last === undefined) throw new Error('nothing was accepted');
      return last;
    };
    const dial = (to: { readonly mesh: string; readonly incarnation: number } = mesh): Accepted => {
      const recorder = new LinkRecorder();
      const link = transport.dialer.dial(server.address, to, recorder);
      dialed.push(link);
      return { link, recorder };
    };
    /** A link over which hello and welcome have passed, seen from both ends. */
    const connected = async (to: { readonly mesh: string; readonly incarnation: number } = mesh, count = accepted.length + 1): Promise<{ here: Accepted; there: Accepted }> => {
      const here = dial(to);
      await here.recorder.until(() => here.recorder.opens === 1);
      here.link.send(hello);
      const there = await nextAccepted(count);
      await here.recorder.until(() => here.recorder.messages.length === 1);
      return { here, there };
    };

    beforeEach(async () => {
      accepted = [];
      dialed = [];
      onAccepted = () => {};
      transport = await create();
      server = await transport.listen((which, incarnation) => {
        const known = [mesh, otherMesh].find((candidate) => candidate.mesh === which);
        if (known === undefined) return wrongMesh;
        return known.incarnation === incarnation ? acceptor : { ...wrongMesh, code: 'wrongIncarnation' };
      });
    });
    afterEach(async () => {
      for (const link of dialed) link.close();
      await server.close();
    });

    test('calls nothing before dial has returned, then opens once', async () => {
      const { recorder } = dial();
      expect(recorder.opens).toBe(0);
      await recorder.until(() => recorder.opens === 1);
      expect(recorder.ends).toEqual([]);
    });

    test('carries messages both ways, whole and in order', async () => {
      const { here, there } = await connected();
      expect(there.recorder.messages).toEqual([hello]);
      expect(here.recorder.messages).toEqual([welcome]);
      for (let beat = 1; beat <= 500; beat += 1) {
        here.link.send(heartbeat(beat));
        there.link.send(heartbeat(beat));
      }
      const expected = Array.from({ length: 500 }, (_, at) => at + 1);
      await here.recorder.until(() => here.recorder.messages.length >= 501);
      await there.recorder.until(() => there.recorder.messages.length >= 501);
      expect(beatsOf(here.recorder.messages)).toEqual(expected);
      expect(beatsOf(there.recorder.messages)).toEqual(expected);
    });

    test('keeps the order across event-loop turns', async () => {
      const { here, there } = await connected();
      for (let beat = 1; beat <= 30; beat += 1) {
        here.link.send(heartbeat(beat));
        await new Promise<void>((resolve) => { setImmediate(resolve); });
      }
      await there.recorder.until(() => there.recorder.messages.length >= 31);
      expect(beatsOf(there.recorder.messages)).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
    });

    test('carries what was sent before the link was open', async () => {
      const here = dial();
      here.link.send(hello);
      here.link.send(heartbeat(1));
      const there = await nextAccepted();
      await there.recorder.until(() => there.recorder.messages.length === 2);
      expect(there.recorder.messages).toEqual([hello, heartbeat(1)]);
    });

    test('carries bytes, text in any script, and nested JSON', async () => {
      const { here, there } = await connected();
      const value: JsonValue = { 'Ünïcödé 🐺 村': [1, -0.5, null, true, { '': [] }], long: 'x'.repeat(70_000) };
      there.link.send(event(1, value));
      there.link.send({ type: 'managerProof', signature: new Uint8Array([0, 255, 128]) });
      await here.recorder.until(() => here.recorder.messages.length === 3);
      expect(here.recorder.messages.slice(1)).toEqual([event(1, value), { type: 'managerProof', signature: new Uint8Array([0, 255, 128]) }]);
    });

    test('carries a message just below the limit; one above it becomes an error that leaves the link alive', async () => {
      const { here, there } = await connected();
      there.link.send(event(1, 'x'.repeat(limits.frameBytesMax - 200)));
      there.link.send(event(2, 'x'.repeat(limits.frameBytesMax)));
      there.link.send(heartbeat(1));
      await here.recorder.until(() => here.recorder.messages.length === 4);
      expect(here.recorder.messages[1]).toMatchObject({ type: 'event', index: 1 });
      expect(here.recorder.messages[2]).toMatchObject({ type: 'error', code: 'frameTooLarge', fatal: false });
      expect(here.recorder.messages[3]).toEqual(heartbeat(1));
      expect(here.recorder.ends).toEqual([]);
    });

    test('a close here is known at both ends, after what was sent before it', async () => {
      const { here, there } = await connected();
      here.link.send(heartbeat(1));
      here.link.close();
      here.link.send(heartbeat(2));
      expect(await here.recorder.ended()).toEqual({ cause: 'closedHere' });
      expect(await there.recorder.ended()).toEqual({ cause: 'closedThere', error: null });
      expect(there.recorder.messages).toEqual([hello, heartbeat(1)]);
      here.link.close();
      expect(here.recorder.ends).toHaveLength(1);
    });

    test('a close there, with a reason, is known here with that reason', async () => {
      const { here, there } = await connected();
      there.link.send(heartbeat(1));
      there.link.close(stopping);
      expect(await here.recorder.ended()).toEqual({ cause: 'closedThere', error: stopping });
      expect(here.recorder.messages.slice(1)).toEqual([heartbeat(1), { type: 'error', ...stopping, fatal: true }]);
      expect(await there.recorder.ended()).toEqual({ cause: 'closedHere' });
    });

    test('a close there without a reason is known here', async () => {
      const { here, there } = await connected();
      there.link.close();
      expect(await here.recorder.ended()).toEqual({ cause: 'closedThere', error: null });
      expect(here.recorder.messages).toEqual([welcome]);
    });

    test('a refusal of the hello is known here with its reason', async () => {
      const refusing: LinkAcceptor = { accept: (link) => ({ onOpen() {}, onMessages() { link.close({ ...stopping, code: 'tokenInvalid' }); }, onInvalid() {}, onEnd() {} }) };
      const strict = await transport.listen(() => refusing);
      const recorder = new LinkRecorder();
      const link = transport.dialer.dial(strict.address, mesh, recorder);
      link.send(hello);
      expect(await recorder.ended()).toEqual({ cause: 'closedThere', error: { ...stopping, code: 'tokenInvalid' } });
      await strict.close();
    });

    test('a mesh that is not there, or in another incarnation, is a typed end', async () => {
      const nowhere = dial({ mesh: 'nowhere', incarnation: 1 });
      nowhere.link.send(hello);
      expect(await nowhere.recorder.ended()).toEqual({ cause: 'closedThere', error: wrongMesh });
      const past = dial({ mesh: mesh.mesh, incarnation: 7 });
      past.link.send(hello);
      expect(await past.recorder.ended()).toMatchObject({ cause: 'closedThere', error: { code: 'wrongIncarnation' } });
      expect(accepted).toHaveLength(0);
    });

    test('meshes at one address do not mix, and one ends without the other', async () => {
      const first = await connected(mesh, 1);
      const second = await connected(otherMesh, 2);
      first.here.link.send(heartbeat(1));
      second.here.link.send(heartbeat(2));
      await first.there.recorder.until(() => first.there.recorder.messages.length === 2);
      await second.there.recorder.until(() => second.there.recorder.messages.length === 2);
      expect(beatsOf(first.there.recorder.messages)).toEqual([1]);
      expect(beatsOf(second.there.recorder.messages)).toEqual([2]);
      first.here.link.close();
      await first.there.recorder.ended();
      second.there.link.send(heartbeat(3));
      await second.here.recorder.until(() => second.here.recorder.messages.length === 2);
      expect(second.here.recorder.ends).toEqual([]);
      expect(first.here.recorder.messages).toHaveLength(1);
    });

    test('two links of one mesh stay apart', async () => {
      const first = await connected(mesh, 1);
      const second = await connected(mesh, 2);
      first.there.link.send(heartbeat(1));
      second.there.link.send(heartbeat(2));
      await first.here.recorder.until(() => first.here.recorder.messages.length === 2);
      await second.here.recorder.until(() => second.here.recorder.messages.length === 2);
      expect(beatsOf(first.here.recorder.messages)).toEqual([1]);
      expect(beatsOf(second.here.recorder.messages)).toEqual([2]);
    });

    test('a link dialed again after a close hears nothing meant for the one before', async () => {
      await connected(otherMesh, 1);
      const before = await connected(mesh, 2);
      before.there.link.send(heartbeat(1));
      before.here.link.close();
      const after = await connected(mesh, 3);
      after.there.link.send(heartbeat(2));
      await after.here.recorder.until(() => beatsOf(after.here.recorder.messages).length > 0);
      expect(beatsOf(after.here.recorder.messages)).toEqual([2]);
    });

    test('where nobody listens, the link ends as refused', async () => {
      const gone = await transport.listen(() => acceptor);
      await gone.close();
      const recorder = new LinkRecorder();
      const link = transport.dialer.dial(gone.address, mesh, recorder);
      link.send(hello);
      expect(await recorder.ended()).toEqual({ cause: 'refused' });
      link.send(heartbeat(1));
      expect(recorder.ends).toHaveLength(1);
    });

    test('an address that is none ends the link and throws nothing', async () => {
      const recorder = new LinkRecorder();
      transport.dialer.dial('not an address', mesh, recorder).send(hello);
      expect(await recorder.ended()).toEqual({ cause: 'lost' });
    });

    test('when the listening side goes, every link ends', async () => {
      const { here, there } = await connected();
      await server.close();
      expect(['lost', 'closedThere']).toContain((await here.recorder.ended()).cause);
      await there.recorder.ended();
      expect([here.recorder.ends.length, there.recorder.ends.length]).toEqual([1, 1]);
    });

    test('counts what is sent and not yet on its way', async () => {
      const { here, there } = await connected();
      expect(there.link.bufferedBytes).toBe(0);
      for (let index = 1; index <= 8; index += 1) there.link.send(event(index, 'x'.repeat(100_000)));
      expect(there.link.bufferedBytes).toBeGreaterThanOrEqual(800_000);
      await here.recorder.until(() => here.recorder.messages.length === 9);
      here.link.send(heartbeat(1));
      await there.recorder.until(() => there.recorder.messages.length === 2);
      expect(there.link.bufferedBytes).toBe(0);
    });

    test('says what kind it is and where the other end is', async () => {
      const { here, there } = await connected();
      expect(here.link.kind).toBe(there.link.kind);
      expect(here.link.remote).not.toBe('');
      expect(there.link.remote).not.toBe('');
    });
  });
}
