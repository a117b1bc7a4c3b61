import type { Character, ChatLine, Choice, MafiaState, NightRecord } from '@raft-mesh/mafia';
import type { AgentId, RandomSource } from '@raft-mesh/state-machine';

// The heart of the secrecy property: another world that one viewer must not be able to tell from this one.
// What a viewer knows is written down here a second time, from the rules and not from the view.

type Running = Extract<MafiaState, { phase: 'night' | 'day' }>;

function oneOf<Item>(items: readonly Item[], random: RandomSource): Item {
  const item = items[random.integerBelow(items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
}
const coin = (random: RandomSource): boolean => random.integerBelow(2) === 0;

function otherLines(lines: readonly ChatLine[], by: readonly AgentId[], random: RandomSource): readonly ChatLine[] {
  return Array.from({ length: random.integerBelow(4) }, (_, place) => {
    const speaker = oneOf(by, random);
    return { number: lines.length + place + 1, by: speaker, name: speaker, text: `whisper ${random.integerBelow(1_000)}`, atMs: random.integerBelow(1_000) };
  });
}

/** Characters that the viewer cannot place may be anyone's, as long as the viewer's own investigations stay true. */
function redeal(state: Running, viewer: AgentId | null, random: RandomSource): { readonly characters: ReadonlyMap<AgentId, Character>; readonly heirs: ReadonlyMap<AgentId, AgentId> } {
  const self = state.players.find((player) => player.id === viewer);
  const characters = new Map(state.players.map((player) => [player.id, player.character]));
  const heirs = new Map(state.players.map((player) => [player.id, player.id]));
  const found = state.nights.flatMap((night) => night.investigations.filter((made) => made.by === viewer));
  const hidden = state.players.filter((player) => player.died === null && player.id !== viewer && !(self?.character === 'mafia' && player.character === 'mafia')).map((player) => player.id);
  for (let swaps = hidden.length * 2; swaps > 0 && hidden.length > 1; swaps -= 1) {
    const [a, b] = random.shuffle(hidden) as [AgentId, AgentId];
    const [ofA, ofB] = [characters.get(a) as Character, characters.get(b) as Character];
    const staysTrue = (id: AgentId, next: Character): boolean => found.every((made) => made.target !== id || made.isMafia === (next === 'mafia'));
    if (!staysTrue(a, ofB) || !staysTrue(b, ofA)) continue;
    characters.set(a, ofB).set(b, ofA);
    // Whoever had lived a's secret life so far has lived b's, and the other way round.
    for (const [original, heir] of heirs) if (heir === a) heirs.set(original, b); else if (heir === b) heirs.set(original, a);
  }
  return { characters, heirs };
}

/**
 * The same game with every fact swapped that `viewer` may not know: characters, deeds of the night (now and before),
 * whispers. `null` is whoever is not in the game.
 */
export function swapHiddenFacts(state: MafiaState, viewer: AgentId | null, random: RandomSource): MafiaState {
  if (state.phase === 'lobby') return state;
  const ids = state.players.map((player) => player.id);
  const self = state.players.find((player) => player.id === viewer);
  if (state.phase === 'ended') {
    return self === undefined ? { ...state, chat: { ...state.chat, mafia: otherLines(state.chat.mafia, ids, random), dead: otherLines(state.chat.dead, ids, random) } } : state;
  }
  const { characters, heirs } = redeal(state, viewer, random);
  const isLivingMafia = self !== undefined && self.died === null && self.character === 'mafia';
  const anyone = (): AgentId => oneOf(ids, random);
  const heirOf = (id: AgentId): AgentId => heirs.get(id) ?? id;
  const others = <Made extends Choice>(made: readonly Made[]): Made[] => made.flatMap((choice) => {
    if (choice.by === viewer) return [choice];
    return coin(random) ? [{ ...choice, by: heirOf(choice.by), target: anyone() }] : [];
  });
  const knowsAttacks = (night: NightRecord): boolean => self?.character === 'mafia' && (self.died === null || night.round <= self.died.round);
  const nights = state.nights.map((night): NightRecord => ({
    ...night,
    protections: others(night.protections), picks: others(night.picks),
    investigations: others(night.investigations).map((made) => (made.by === viewer ? made : { ...made, isMafia: coin(random) })),
    attacked: knowsAttacks(night) ? night.attacked : coin(random) ? null : anyone(),
  }));
  const shared = {
    nights,
    players: state.players.map((player) => ({ ...player, character: characters.get(player.id) as Character })),
    chat: {
      table: state.chat.table,
      mafia: isLivingMafia ? state.chat.mafia : otherLines(state.chat.mafia, ids, random),
      dead: self !== undefined && self.died !== null ? state.chat.dead : otherLines(state.chat.dead, ids, random),
    },
  };
  if (state.phase === 'day') return { ...state, ...shared };
  const known = (choice: Choice): boolean => choice.by === viewer || (isLivingMafia && state.players.some((player) => player.id === choice.by && player.character === 'mafia'));
  const secret = shared.players.filter((player) => player.died === null && player.character !== 'villager' && player.id !== viewer && !(isLivingMafia && player.character === 'mafia'));
  const choices = [...state.choices.filter(known), ...secret.flatMap((player): Choice[] => (coin(random) ? [{ by: player.id, target: anyone() }] : []))];
  return { ...state, ...shared, choices };
}
