import { app as mafiaApp, mafia } from '@raft-mesh/mafia';
import type { MafiaState, MafiaView } from '@raft-mesh/mafia';
import { Manager } from '@raft-mesh/mesh';
import type { Link, LinkAcceptor } from '@raft-mesh/mesh';
import { decodeFrames, encodeFrames, nodeIdOf, protocolVersion } from '@raft-mesh/protocol';
import type { ManagerId, MeshId, MeshIdentity, WireMessage } from '@raft-mesh/protocol';
import type { AgentId, App, JsonValue, Module, SessionId } from '@raft-mesh/state-machine';
import { MemoryManagerStore, MemoryNetwork, RecordingLog, SeededRandom, SimulatedClock, TestIssuer, emptyPersistedState } from '@raft-mesh/testkit';
import { withoutHead } from '../../apps/mafia/test/table.ts';

const mesh: MeshIdentity = { mesh: 'twins' as MeshId, incarnation: 1 };

export type Night = Extract<MafiaState, { phase: 'night' }>;
/** Changes what Mafia would be in this world: to deal otherwise, or to leak on purpose. */
export type Leak = (honest: Module) => Module;

/** One encoded frame that a manager sent to a worker's link, and when. */
export interface SentFrame { readonly atMs: number; readonly bytes: Uint8Array }

export const messagesOf = (frames: readonly SentFrame[]): { readonly atMs: number; readonly message: WireMessage }[] => frames.flatMap(({ atMs, bytes }) => {
  const decoded = decodeFrames(bytes);
  if (!decoded.ok) throw new Error('a manager sent what its own codec cannot read');
  return decoded.value.map(({ message }) => ({ atMs, message }));
});

/** How two worlds may differ, besides in what is done in them: how the characters are dealt. */
export interface WorldOptions {
  readonly seed: number;
  readonly managers: number;
  readonly redeal: (state: Night) => Night;
  readonly leak?: Leak;
}

/** Real managers with Mafia, on their own clock and network, that repeat exactly for the same seed and the same deeds. */
export class World {
  readonly clock = new SimulatedClock(1_000);
  readonly #network = new MemoryNetwork({ clock: this.clock });
  readonly #issuer = new TestIssuer(mesh);
  readonly #managers: { readonly manager: Manager; readonly url: string }[] = [];
  readonly #sent = new Map<string, SentFrame[]>();
  readonly #seats = new Map<AgentId, SeatAtLink>();
  /** As of the last deal, or the last end of a phase. */
  state: MafiaState = mafia.initial() as MafiaState;

  /** Starts the managers and waits for a leader that all know. */
  static async open(options: WorldOptions): Promise<World> {
    const world = new World();
    const { clock } = world;
    const names = Array.from({ length: options.managers }, (_, at) => `m${at + 1}` as ManagerId);
    const urlOf = (manager: string) => `memory://${manager}`;
    const configuration = { voters: names.map((name) => ({ id: nodeIdOf(name, 1), address: urlOf(name) })), votersOutgoing: [], learners: [] };
    for (const [at, name] of names.entries()) {
      const identity = { ...mesh, manager: name, managerIncarnation: 1 };
      const url = urlOf(name);
      const manager = new Manager({
        identity, url, app: world.#app(options), store: new MemoryManagerStore(emptyPersistedState(configuration)), dialer: world.#network.dialer(url),
        authority: world.#issuer.authorityFor(identity), clock, random: new SeededRandom(options.seed * 10 + at), log: new RecordingLog(), pid: at + 1,
        // Real workers beat all the time, whatever they do; here nobody is declared silent instead.
        agentSuspectAfterMs: 1e9, agentDeadAfterMs: 2e9,
        onStopped: (reason) => { throw new Error(reason); },
      });
      await manager.start();
      world.#network.listen(url, mesh, world.#recorded(manager));
      world.#managers.push({ manager, url });
    }
    await clock.advanceUntil(() => world.#managers.every(({ manager }) => manager.status().leader !== null));
    await clock.advance(200);
    return world;
  }

  /** Mafia as it is, but for the deal and the heads of the chain; what the deal and each end of a phase came to is noted. */
  #app({ redeal, leak = (honest) => honest }: WorldOptions): App {
    const { start } = mafia.commands;
    const { expire, view } = mafia;
    if (start === undefined || expire === undefined || view === undefined) throw new Error('Mafia has no start, no end of a phase, or shows nothing');
    const note = (state: MafiaState): MafiaState => { this.state = state; return state; };
    const dealt: Module = {
      ...mafia,
      commands: {
        ...mafia.commands,
        start: {
          ...start,
          apply: (state, args, ctx) => {
            const result = start.apply(state, args, ctx);
            return result.applied ? { ...result, state: note(redeal(result.state as Night)) } : result;
          },
        },
      },
      expire: (state, ctx) => note(expire(state, ctx) as MafiaState),
      view: (state, viewer, parameters) => withoutHead(view(state, viewer, parameters) as unknown as MafiaView) as unknown as JsonValue,
    };
    return { ...mafiaApp, modules: [leak(dealt)] };
  }

  /** Stands where a transport stands: what a manager gives to a worker's link is kept as the bytes it becomes. */
  #recorded(manager: Manager): LinkAcceptor {
    const { clock } = this;
    return {
      accept: (link) => {
        const frames = this.#sent.get(link.remote) ?? [];
        this.#sent.set(link.remote, frames);
        const recording: Link = {
          remote: link.remote, kind: link.kind,
          get bufferedBytes() { return link.bufferedBytes; },
          send: (message) => { frames.push({ atMs: clock.nowMs(), bytes: encodeFrames([{ ...mesh, message }]) }); link.send(message); },
          close: (error) => link.close(error),
        };
        return manager.accept(recording);
      },
    };
  }

  /** Links a new agent to the first manager. */
  async seat(agent: AgentId, accessRole: 'worker' | 'spectator' = 'worker'): Promise<void> {
    const seat = new SeatAtLink((at, handlers) => this.#network.dialer(addressOf(agent)).dial(this.#managers[at % this.#managers.length]?.url ?? '', mesh, handlers), agent);
    this.#seats.set(agent, seat);
    seat.join(this.#issuer.joinToken({ sub: agent, accessRole }));
    await this.clock.advance(30);
  }

  at(agent: AgentId): SeatAtLink {
    const seat = this.#seats.get(agent);
    if (seat === undefined) throw new Error(`${agent} is not linked`);
    return seat;
  }

  /** Every frame that has gone to this agent, over all its links. */
  framesTo(agent: AgentId): readonly SentFrame[] { return this.#sent.get(addressOf(agent)) ?? []; }

  async close(): Promise<void> {
    await Promise.all([...this.#managers.map(({ manager }) => manager.stop()), this.clock.advance(20)]);
  }
}

const addressOf = (agent: AgentId): string => `worker://${agent}`;
type Dial = (manager: number, handlers: Parameters<ReturnType<MemoryNetwork['dialer']>['dial']>[2]) => Link;

/** The far end of a worker's link, without an SDK: it does what it is told, and when. */
export class SeatAtLink {
  readonly #dial: Dial;
  readonly #agent: AgentId;
  #link: Link | null = null;
  #sequence = 0;
  #beats = 0;
  #knownVersion = 0;
  readonly outcomes: string[] = [];

  constructor(dial: Dial, agent: AgentId) {
    this.#dial = dial;
    this.#agent = agent;
  }

  join(token: string): void {
    this.#open(0, { kind: 'join', token, name: this.#agent, resumeSecret: this.#secret }, false);
  }

  /** Comes back on another link, to this manager. */
  resume(manager: number): void {
    this.#link?.close();
    this.#open(manager, { kind: 'resume', agent: this.#agent, resumeSecret: this.#secret }, true);
  }

  /** Watches the game; whoever holds a version of it says so. */
  watch(): void { this.send({ type: 'watch', watch: 1, module: 'mafia', parameters: null, knownVersion: this.#knownVersion }); }

  watchMembers(): void { this.send({ type: 'watch', watch: 2, module: 'members', parameters: null, knownVersion: 0 }); }

  command(module: string, command: string, args: JsonValue): void {
    this.#sequence += 1;
    this.send({ type: 'command', sequence: this.#sequence, acknowledgedThrough: Math.max(0, this.#sequence - 2), module, command, arguments: args });
  }

  beat(): void {
    this.#beats += 1;
    this.send({ type: 'heartbeat', beat: this.#beats });
  }

  send(message: WireMessage): void { this.#link?.send(message); }

  get #secret(): string { return `secret of ${this.#agent}`; }

  #open(manager: number, credential: Extract<WireMessage, { type: 'hello' }>['credential'], opened: boolean): void {
    this.#link = this.#dial(manager, { onOpen: () => {}, onMessages: (messages) => { for (const message of messages) this.#take(message); }, onInvalid: () => {}, onEnd: () => {} });
    this.send({ type: 'hello', protocolVersion, agentKind: 'cli', credential, session: { id: `session-${this.#agent}` as SessionId, opened } });
  }

  #take(message: WireMessage): void {
    if ((message.type === 'viewWhole' || message.type === 'viewPatch' || message.type === 'viewCurrent') && message.watch === 1) this.#knownVersion = message.version;
    if (message.type === 'commandOutcome') this.outcomes.push(message.outcome.status === 'committed' ? 'committed' : message.outcome.refusal.code);
  }
}
