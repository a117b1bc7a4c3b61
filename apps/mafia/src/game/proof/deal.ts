import { HashRandom } from '@raft-mesh/state-machine';
import type { AgentId, RandomSource } from '@raft-mesh/state-machine';
import { withEvents } from '../events.ts';
import { openingMs } from '../limits.ts';
import type { GameOptions } from '../options/index.ts';
import { dayBreaks, nightFalls } from '../phases.ts';
import { charactersFor, deal } from '../setup.ts';
import type { Day, Lobby, Night } from '../state.ts';
import { commitmentTo, inSeatOrder, seedOf } from './hashes.ts';
import { withStep } from './append.ts';
import type { Proof } from './record.ts';

/** A lobby in which everything is fixed that the deal depends on, and contributions are opened. */
export type Sealed = Lobby & { readonly opening: NonNullable<Lobby['opening']> };

/** Fixes seats, rules and commitments, and writes them down before anything is opened. */
export function sealed(lobby: Lobby, secret: string, by: AgentId, options: GameOptions, logTimeMs: number): Sealed {
  const commitment = commitmentTo(secret);
  const commitments = inSeatOrder(lobby.commitments, lobby.seats);
  const empty: Proof = { secret, seed: '', head: commitment, count: 0, bytes: 0, isCut: false, entries: [], contributors: [], leftOut: [] };
  const proof = withStep(empty, logTimeMs, { kind: 'sealed', game: lobby.game, by, commitment, seats: lobby.seats, options, commitments });
  return { ...lobby, options, commitments, opening: { untilMs: logTimeMs + openingMs, contributions: [], proof } };
}

export const allHaveOpened = ({ commitments, opening }: Sealed): boolean => commitments.every(({ by }) => opening.contributions.some((opened) => opened.by === by));

function begun(lobby: Lobby, options: GameOptions, random: RandomSource, proof: Proof | null, logTimeMs: number): Night | Day {
  const { game, chat, hosting, bots, lastRecord } = lobby;
  const characters = charactersFor(lobby.seats.length, options);
  if (characters === null) throw new Error('what cannot be dealt was let in');
  const events = withEvents([], [{ kind: 'started', round: 1, players: lobby.seats.length }]);
  const state = { game, chat, hosting, bots, options, lastRecord, proof, round: 0, players: deal(lobby.seats, characters, random), nights: [], days: [], quietPhases: 0, events };
  return options.firstPhase === 'night' ? nightFalls(state, { logTimeMs }) : dayBreaks(state, { logTimeMs });
}

/** Deals by the mesh's own chance and keeps no record: for tables at which games are only counted. */
export const dealtUnrecorded = (lobby: Lobby, options: GameOptions, random: RandomSource, logTimeMs: number): Night | Day => begun(lobby, options, random, null, logTimeMs);

/** Deals by the secret and what was opened. Who had committed and did not open is left out, and that is written down. */
export function dealt(lobby: Sealed, logTimeMs: number): Night | Day {
  const { seats, commitments, opening, game, options } = lobby;
  const contributions = inSeatOrder(opening.contributions, seats);
  const contributors = contributions.map(({ by }) => by);
  const leftOut = commitments.map(({ by }) => by).filter((id) => !contributors.includes(id));
  const seed = seedOf(opening.proof.secret, game, contributions);
  const state = begun(lobby, options, new HashRandom(seed, 'deal'), null, logTimeMs);
  const proof = withStep({ ...opening.proof, seed, contributors, leftOut }, logTimeMs, {
    kind: 'dealt', contributions, leftOut, characters: state.players.map(({ character }) => character), events: state.events,
  });
  return { ...state, proof };
}
