import { sideOf } from '@raft-mesh/mafia';
import type { Character, ChatLine, Deed, MafiaState, NightChoice, NightRecord } from '@raft-mesh/mafia';
import type { AgentId, RandomSource } from '@raft-mesh/state-machine';

// The heart of the secrecy property: another world that one viewer must not be able to tell from this one.
// What a viewer knows is written down here a second time, from the rules and not from the view.

type Running = Extract<MafiaState, { phase: 'night' | 'day' }>;
type Player = Running['players'][number];

function oneOf<Item>(items: readonly Item[], random: RandomSource): Item {
  const item = items[random.integerBelow(items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
}
const coin = (random: RandomSource): boolean => random.integerBelow(2) === 0;
const hexOf = (random: RandomSource): string => Array.from({ length: 64 }, () => random.integerBelow(16).toString(16)).join('');
const isMafia = (player: Player | undefined): boolean => player !== undefined && sideOf(player.character) === 'mafia';

function otherLines(lines: readonly ChatLine[], by: readonly AgentId[], random: RandomSource): readonly ChatLine[] {
  return Array.from({ length: random.integerBelow(4) }, (_, place) => {
    const speaker = oneOf(by, random);
    return { number: lines.length + place + 1, by: speaker, name: speaker, text: `whisper ${random.integerBelow(1_000)}`, atMs: random.integerBelow(1_000) };
  });
}

/** Whether a viewer knows exactly what a player is. */
function knows(state: Running, self: Player | undefined, player: Player): boolean {
  if (player.id === self?.id || player.isRevealed || (isMafia(self) && isMafia(player))) return true;
  return player.died !== null && state.options.reveal === 'character';
}

/** Characters that the viewer cannot place may be anyone's; of the dead, only with the same side when that is told. */
function redeal(state: Running, self: Player | undefined, random: RandomSource): ReadonlyMap<AgentId, Character> {
  const characters = new Map(state.players.map((player) => [player.id, player.character]));
  const hidden = state.players.filter((player) => !knows(state, self, player));
  const sideIsTold = ({ died }: Player): boolean => died !== null && state.options.reveal === 'side';
  for (let swaps = hidden.length * 2; swaps > 0 && hidden.length > 1; swaps -= 1) {
    const [a, b] = random.shuffle(hidden) as [Player, Player];
    const [ofA, ofB] = [characters.get(a.id) as Character, characters.get(b.id) as Character];
    if ((sideIsTold(a) || sideIsTold(b)) && sideOf(ofA) !== sideOf(ofB)) continue;
    characters.set(a.id, ofB).set(b.id, ofA);
  }
  return characters;
}

/**
 * The same game with every fact swapped that `viewer` may not know: characters, deeds of the night (now and before),
 * whispers, wills of the living. `null` is whoever is not in the game.
 */
export function swapHiddenFacts(state: MafiaState, viewer: AgentId | null, random: RandomSource): MafiaState {
  if (state.phase === 'lobby') return state;
  const ids = state.players.map((player) => player.id);
  const self = state.players.find((player) => player.id === viewer);
  const whispers = ids.filter((id) => id !== self?.id).map((of) => ({ of, lines: otherLines([], ids, random) }));
  const own = state.chat.whispers.filter(({ of }) => of === self?.id);
  const chat = {
    table: state.chat.table,
    mafia: otherLines(state.chat.mafia, ids, random), dead: otherLines(state.chat.dead, ids, random),
    whispers: [...own, ...whispers],
  };
  if (state.phase === 'ended') return { ...state, chat: self === undefined ? chat : { ...state.chat, whispers: chat.whispers } };

  const characters = redeal(state, self, random);
  const isLivingMafia = self !== undefined && self.died === null && isMafia(self);
  const others = ids.filter((id) => id !== viewer);
  const anyone = (): AgentId => oneOf(ids, random);
  const someone = (): AgentId | null => (coin(random) ? anyone() : null);
  /** What others did and learned may be anything; what the viewer did and learned is as it was. */
  const hiddenOf = <Made extends { readonly by: AgentId }>(made: readonly Made[], change: (one: Made) => Made): Made[] =>
    made.flatMap((one) => (one.by === viewer ? [one] : coin(random) ? [change({ ...one, by: oneOf(others, random) })] : []));
  const wasThere = (night: NightRecord): boolean => {
    const died = self?.died;
    if (self === undefined || died === undefined) return false;
    if (died === null || night.round !== died.round) return died === null || night.round < died.round;
    return died.phase === 'night' || state.options.firstPhase === 'night';
  };
  const nights = state.nights.map((night): NightRecord => {
    const there = wasThere(night);
    return {
      ...night,
      deeds: hiddenOf<Deed>(night.deeds, (deed) => ({ ...deed, target: someone(), isBlocked: coin(random) })),
      picks: hiddenOf(night.picks, (made) => ({ ...made, target: someone() })),
      investigations: hiddenOf(night.investigations, (made) => ({ ...made, target: anyone(), isGuilty: coin(random) })),
      tracks: hiddenOf(night.tracks, (made) => ({ ...made, target: anyone(), visited: [anyone()] })),
      watches: hiddenOf(night.watches, (made) => ({ ...made, target: anyone(), visitors: [anyone()] })),
      attack: there && isMafia(self) ? night.attack : coin(random) ? null : { target: anyone(), by: anyone(), isBlocked: coin(random) },
    };
  });
  const players = state.players.map((player): Player => {
    const isSelf = player.id === viewer;
    return { ...player, character: characters.get(player.id) as Character, will: isSelf || player.died !== null ? player.will : `will ${random.integerBelow(100)}`, used: isSelf ? player.used : random.integerBelow(3) };
  });
  // The head stays: without the secret nobody can tell what it is of.
  const proof = state.proof === null ? null : { ...state.proof, secret: hexOf(random), seed: hexOf(random), bytes: random.integerBelow(1_000), entries: state.proof.entries.slice(random.integerBelow(3)) };
  const shared = {
    nights, players, proof,
    chat: { ...chat, mafia: isLivingMafia ? state.chat.mafia : chat.mafia, dead: self !== undefined && self.died !== null ? state.chat.dead : chat.dead },
  };
  if (state.phase === 'day') return { ...state, ...shared };
  const known = (choice: NightChoice): boolean => choice.by === viewer || (isLivingMafia && choice.action === 'kill');
  const secret: NightChoice[] = players.filter((player) => player.died === null && player.id !== viewer).flatMap((player): NightChoice[] => {
    const actions = (['kill', 'protect', 'investigate', 'track', 'watch', 'guard', 'block', 'shoot', 'aim', 'frame'] as const).filter((action) => action !== 'kill' || !isLivingMafia);
    return coin(random) ? [{ by: player.id, action: oneOf(actions, random), target: someone() }] : [];
  });
  return { ...state, ...shared, choices: [...state.choices.filter(known), ...secret] };
}
