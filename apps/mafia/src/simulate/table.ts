import type { AgentId, CommandContext, JsonObject, RandomSource } from '@raft-mesh/state-machine';
import { mafia } from '../index.ts';
import { FastRandom } from './fast-random.ts';
import type { MafiaState, MafiaView, SomeOptions } from '../index.ts';

type Lobby = Extract<MafiaState, { phase: 'lobby' }>;
type Running = Extract<MafiaState, { phase: 'night' | 'day' }>;

interface Time { nowMs: number; index: number }

/** One player's way to the rules, made once and used for all games. */
function contextOf(agent: AgentId, random: RandomSource, time: Time): CommandContext {
  return {
    caller: { agent, name: agent, accessRole: 'worker' }, random, emit: () => {},
    get logTimeMs() { return time.nowMs; },
    get index() { return time.index; },
  };
}

/**
 * A table of the module as a manager has it, without the log around it: commands and ends of phases go through the same `apply` and
 * `expire`, and time passes from deadline to deadline.
 */
export class SimulatedTable {
  readonly #time: Time = { nowMs: 0, index: 0 };
  readonly #contexts: ReadonlyMap<AgentId, CommandContext>;
  readonly #first: CommandContext;
  readonly #lobby: Lobby;
  readonly #options: SomeOptions;
  #state: MafiaState;

  constructor(players: number, options: SomeOptions, random: RandomSource) {
    const agents = Array.from({ length: players }, (_, place) => `p${place + 1}` as AgentId);
    this.#contexts = new Map(agents.map((agent) => [agent, contextOf(agent, random, this.#time)]));
    const [first] = this.#contexts.values();
    if (first === undefined) throw new Error('a table needs players');
    this.#first = first;
    this.#options = options;
    this.#state = mafia.initial() as MafiaState;
    // What is drawn while they sit down is not a part of any game.
    for (const agent of agents) this.#apply(contextOf(agent, new FastRandom(0), this.#time), 'join', {});
    // Without a secret the table keeps no record, and chance is all of the seed's.
    this.#lobby = { ...this.#state, secret: null } as Lobby;
    this.#state = this.#lobby;
  }

  get state(): MafiaState { return this.#state; }

  /** Deals again to the same table. */
  start(): void {
    this.#state = this.#lobby;
    this.#time.nowMs = 0;
    const { game, phase, round } = this.#lobby;
    this.#apply(this.#first, 'start', { game, phase, round, options: this.#options });
  }

  send(by: AgentId, command: string, args: JsonObject): void {
    const context = this.#contexts.get(by);
    if (context === undefined) throw new Error(`${by} has no seat`);
    this.#apply(context, command, args);
  }

  /** What one of the players sees. */
  viewOf(agent: AgentId): MafiaView {
    return mafia.view?.(this.#state, { agent, accessRole: 'worker' }, null) as unknown as MafiaView;
  }

  /** Lets the time pass to the next deadline. False when there is none any more. */
  pass(): boolean {
    const deadlineMs = mafia.deadlineMs?.(this.#state) ?? null;
    if (deadlineMs === null || mafia.expire === undefined) return false;
    this.#time.nowMs = deadlineMs;
    this.#time.index += 1;
    this.#state = mafia.expire(this.#state, this.#first) as MafiaState;
    return true;
  }

  #apply(context: CommandContext, name: string, args: JsonObject): void {
    this.#time.index += 1;
    const command = mafia.commands[name];
    if (command === undefined) throw new Error(`there is no command ${name}`);
    // Made here, so that they have the shape; on their way from an agent they would be checked.
    const result = command.apply(this.#state, args as never, context);
    if (!result.applied) throw new Error(`${name} was refused: ${result.refusal.message}`);
    this.#state = result.state as MafiaState;
  }
}

export const isRunning = (state: MafiaState): state is Running => state.phase === 'night' || state.phase === 'day';
