import { mafia } from '@raft-mesh/mafia';
import type { Character, MafiaState, MafiaView } from '@raft-mesh/mafia';
import type { AgentId, Applied, JsonValue, RandomSource, StepContext, Viewer } from '@raft-mesh/state-machine';

/** Draws from a seed, evenly enough for tests (xorshift32). */
export function seededRandom(seed: number): RandomSource {
  let word = (seed | 0) || 1;
  const next = (): number => {
    word ^= word << 13; word ^= word >>> 17; word ^= word << 5;
    return word >>> 0;
  };
  const integerBelow = (limit: number): number => next() % limit;
  return {
    integerBelow,
    shuffle<Item>(items: readonly Item[]) {
      const result = [...items];
      for (let last = result.length - 1; last > 0; last -= 1) {
        const other = integerBelow(last + 1);
        const [moved] = result.splice(other, 1);
        if (moved !== undefined) result.splice(last, 0, moved);
      }
      return result;
    },
  };
}

export const agent = (name: string): AgentId => name as AgentId;
export const worker = (id: AgentId): Viewer => ({ agent: id, accessRole: 'worker' });
export const spectator: Viewer = { agent: null, accessRole: 'spectator' };

/**
 * A view with the name of the chain's head in place of the head. Heads differ with everything that has happened, secrets too; that they tell nothing
 * of it without the managers' secret is shown by itself (fair-deal.test.ts).
 */
export function withoutHead(view: MafiaView): MafiaView {
  const { fairness } = view;
  return fairness.chain === null ? view : { ...view, fairness: { ...fairness, chain: { ...fairness.chain, head: `head ${fairness.chain.entries}` } } };
}

/** Runs one command against a state, as the runtime would: schema first, then `apply`. */
export function applyCommand(state: MafiaState, by: AgentId, command: string, args: JsonValue, step: StepContext, accessRole: 'worker' | 'admin' = 'worker'): Applied<MafiaState> {
  const definition = mafia.commands[command];
  if (definition === undefined) throw new Error(`no command ${command}`);
  const checked = definition.schema.safeParse(args);
  if (!checked.success) return { applied: false, refusal: { code: 'invalidArguments', message: checked.error.issues.map((issue) => issue.message).join('; ') } };
  return definition.apply(state, checked.data, { ...step, caller: { agent: by, name: by, accessRole } }) as Applied<MafiaState>;
}

/** A mesh of one replica: the module, log time, and deadlines that fire before what comes after them. */
export class Table {
  state: MafiaState = mafia.initial() as MafiaState;
  logTimeMs = 1_000;
  #index = 0;
  readonly #random: RandomSource;

  constructor(seed = 1) { this.#random = seededRandom(seed); }

  /** A table at which `players` (p1, p2, …) sit. */
  static seating(players: number, seed = 1): Table {
    const table = new Table(seed);
    for (let number = 1; number <= players; number += 1) table.must(agent(`p${number}`), 'join', {});
    return table;
  }

  /** …and whose game has begun. */
  static playing(players: number, seed = 1, options: JsonValue = {}): Table {
    const table = Table.seating(players, seed);
    table.must(agent('p1'), 'start', { options });
    return table;
  }

  /** A game in which p1, p2, … have these characters. */
  static of(characters: readonly Character[], options: Record<string, JsonValue> = {}, seed = 1): Table {
    const cast: Record<string, number> = {};
    for (const character of characters) cast[character] = (cast[character] ?? 0) + 1;
    const table = Table.playing(characters.length, seed, { setup: 'custom', cast, ...options });
    const { state } = table;
    if (state.phase === 'lobby') throw new Error('the game did not begin');
    table.state = { ...state, players: state.players.map((player, place) => ({ ...player, character: characters[place] ?? 'villager' })) };
    return table;
  }

  get moment(): { game: number; phase: string; round: number } { return { game: this.state.game, phase: this.state.phase, round: this.state.round }; }

  step(): StepContext {
    this.#index += 1;
    return { logTimeMs: this.logTimeMs, index: this.#index, random: this.#random, emit: () => undefined };
  }

  /** Lets log time pass, and every deadline that comes. */
  pass(ms: number): void {
    this.logTimeMs += ms;
    for (;;) {
      const deadlineMs = mafia.deadlineMs?.(this.state) ?? null;
      if (deadlineMs === null || deadlineMs > this.logTimeMs) return;
      this.state = mafia.expire?.(this.state, this.step()) as MafiaState;
    }
  }

  /** Lets the current phase run out. */
  endPhase(): void {
    if (this.state.phase !== 'night' && this.state.phase !== 'day') throw new Error(`${this.state.phase} has no deadline`);
    this.pass(Math.max(0, this.state.deadlineMs - this.logTimeMs));
  }

  /** Sends a command; game commands without a moment get the current one. `null` when applied, else the code of the refusal. */
  send(by: AgentId, command: string, args: Record<string, JsonValue> = {}, accessRole: 'worker' | 'admin' = 'worker'): string | null {
    this.pass(0);
    const ballot = this.state.phase === 'day' && ['vote', 'abstain', 'judge'].includes(command) ? { ballot: this.state.ballot } : {};
    const withMoment = command === 'will' ? { game: this.state.game, ...args } : ['join', 'leave'].includes(command) ? args : { ...this.moment, ...ballot, ...args };
    const result = applyCommand(this.state, by, command, withMoment, this.step(), accessRole);
    if (!result.applied) return result.refusal.code;
    this.state = result.state;
    return null;
  }

  must(by: AgentId, command: string, args: Record<string, JsonValue> = {}, accessRole: 'worker' | 'admin' = 'worker'): void {
    const refusal = this.send(by, command, args, accessRole);
    if (refusal !== null) throw new Error(`${command} by ${by} was refused: ${refusal}`);
  }

  view(viewer: Viewer): MafiaView { return mafia.view?.(this.state, viewer, null) as unknown as MafiaView; }
  viewOf(id: AgentId): MafiaView { return this.view(worker(id)); }

  /** Ids of the players with a character, living ones only. */
  those(character: string): AgentId[] {
    if (this.state.phase === 'lobby') return [];
    return this.state.players.filter((player) => player.character === character && player.died === null).map((player) => player.id);
  }

  /** The only living player with a character. */
  the(character: string): AgentId {
    const [only] = this.those(character);
    if (only === undefined) throw new Error(`no living ${character}`);
    return only;
  }
}
