import { describe, expect, test } from '@jest/globals';
import { everyCharacter, sideOf } from '@raft-mesh/mafia';
import type { Character, MafiaState } from '@raft-mesh/mafia';
import type { AgentId } from '@raft-mesh/state-machine';
import * as fc from 'fast-check';
import { sensibleMove } from './random-game.ts';
import { agent, seededRandom, spectator, Table, withoutHead, worker } from './table.ts';

// Two whole games, command by command, that differ in who of two players has which character. Whoever cannot tell the
// two apart must be shown the same after every command, and so be sent the same frames.

type Playing = Extract<MafiaState, { phase: 'night' | 'day' }>;

const characterIn = (state: Playing, id: AgentId): Character | undefined => state.players.find((player) => player.id === id)?.character;
const isAlive = (state: Playing, id: AgentId): boolean => state.players.some((player) => player.id === id && player.died === null);

/** Both lives of the table, with the characters of `a` and `b` exchanged in the second. */
class Twins {
  readonly first: Table;
  readonly second: Table;
  readonly a: AgentId;
  readonly b: AgentId;

  constructor(players: number, seed: number, a: AgentId, b: AgentId) {
    this.a = a;
    this.b = b;
    const options = players <= everyCharacter.length ? {} : { setup: 'custom', cast: Object.fromEntries(everyCharacter.map((character) => [character, 1])) };
    this.first = Table.playing(players, seed, options);
    this.second = Table.playing(players, seed, options);
    const { state } = this.second;
    if (state.phase !== 'night') throw new Error('a game begins at night');
    const exchanged = (id: AgentId): Character => characterIn(state, id === a ? b : id === b ? a : id) ?? 'villager';
    this.second.state = { ...state, players: state.players.map((player) => ({ ...player, character: exchanged(player.id) })) };
  }

  get state(): Playing | null { const { state } = this.first; return state.phase === 'night' || state.phase === 'day' ? state : null; }

  /** Sends a command to both; what is done at night is done by whoever has the character. False when the lives part. */
  send(by: AgentId, command: string, args: Record<string, string | null>): boolean {
    const isSecret = this.state?.phase === 'night';
    const heir = !isSecret ? by : by === this.a ? this.b : by === this.b ? this.a : by;
    return this.first.send(by, command, args) === this.second.send(heir, command, args);
  }

  get diedApart(): boolean {
    const [here, there] = [this.first.state, this.second.state].map((state) => (state.phase === 'lobby' ? '' : state.players.filter((player) => player.died !== null).map((player) => player.id).join()));
    return here !== there;
  }

  pass(ms: number): void { this.first.pass(ms); this.second.pass(ms); }

  /** Those who, by the rules, cannot tell which of the two lives they are in. */
  unknowing(players: readonly AgentId[]): readonly AgentId[] {
    const { state } = this;
    if (state === null) return [];
    const isMafia = (id: AgentId): boolean => sideOf(characterIn(state, id) ?? 'villager') === 'mafia';
    const mafiaInvolved = isMafia(this.a) || isMafia(this.b);
    const involved = (id: AgentId): boolean => id === this.a || id === this.b;
    return players.filter((viewer) => {
      if (involved(viewer)) return false;
      if (mafiaInvolved && isMafia(viewer)) return false;
      return !state.nights.some((night) => night.investigations.some((made) => made.by === viewer && involved(made.target))
        || night.tracks.some((made) => made.by === viewer && involved(made.target))
        || night.watches.some((made) => made.by === viewer && made.visitors.some(involved)));
    });
  }
}

describe('two games that differ in what a viewer may not know', () => {
  test('show that viewer the same after every command', () => {
    let compared = 0;
    const parted = new Set<string>();
    fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.oneof(fc.integer({ min: 6, max: 14 }), fc.constant(everyCharacter.length + 1)), (seed, count) => {
      const players = Array.from({ length: count }, (_, place) => agent(`p${place + 1}`));
      const random = seededRandom(seed);
      const [a, b] = random.shuffle(players);
      if (a === undefined || b === undefined) return;
      const twins = new Twins(count, seed, a, b);
      for (let step = 0; step < 150; step += 1) {
        if (random.integerBelow(100) < 12) twins.pass(random.integerBelow(40_000));
        else {
          twins.pass(0);
          if (twins.state === null) return;
          const by = players[random.integerBelow(count)] ?? a;
          const move = sensibleMove(by, twins.first.viewOf(by), random);
          if (move !== null && !twins.send(by, move.command, move.args as Record<string, string | null>)) { parted.add('refused'); return; }
        }
        const { state } = twins;
        if (state === null) { parted.add('ended'); return; }
        if (!isAlive(state, a) || !isAlive(state, b)) { parted.add('revealed'); return; }
        // Who is blocked, guarded or shot at may have another character in each, so that another one dies.
        if (state.phase === 'day' && twins.diedApart) { parted.add('diedApart'); return; }
        for (const viewer of [...twins.unknowing(players).map(worker), worker(agent('stranger')), spectator]) {
          const [here, there] = [withoutHead(twins.first.view(viewer)), withoutHead(twins.second.view(viewer))];
          if (JSON.stringify(here) !== JSON.stringify(there)) expect(there).toEqual(here);
          compared += 1;
        }
      }
    }), { numRuns: 80, seed: 30 });
    expect(compared).toBeGreaterThan(3_000);
    expect(parted.has('revealed')).toBe(true);
  });
});
