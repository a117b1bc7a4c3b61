import type { Character, MafiaState } from '@raft-mesh/mafia';
import type { AgentId, JsonValue, RandomSource } from '@raft-mesh/state-machine';
import { swapHiddenFacts } from '../../apps/mafia/test/hidden-facts.ts';
import { agent, seededRandom } from '../../apps/mafia/test/table.ts';
import type { Leak, Night } from './twin-worlds.ts';
import { messagesOf, World } from './twin-worlds.ts';

// One game played in two worlds at once. What is public happens in both, at the same simulated times; what is hidden from
// one viewer (who has which character, picks, whispers, whether a command is for the game at all) is another in each.

export type ViewerKind = 'villager' | 'doctor' | 'detective' | 'mafia' | 'dead' | 'spectator' | 'stranger';
export interface TwinOptions { readonly seed: number; readonly players: number; readonly managers: number; readonly viewer: ViewerKind; readonly leak?: Leak }

/** A place in the cast: the living mafia are told apart by their order at the table. */
type Part = { readonly character: 'mafia'; readonly place: number } | { readonly character: 'doctor' | 'detective' };
interface Deed { readonly by: AgentId; readonly module: string; readonly command: string; readonly args: Record<string, JsonValue> }
interface Choices { readonly pick: AgentId; readonly protect: AgentId | null; readonly investigate: AgentId }
type Playing = Exclude<MafiaState, { phase: 'lobby' }>;

const stepMs = 20;
const rules = (players: number) => ({ nightMs: 4_000, dayMs: 4_000, setup: 'custom', cast: { mafia: Math.floor(players / 4), doctor: 1, detective: 1 } });
/** A phase in which everyone has acted lasts at least an eighth of its length. */
const phaseEndsInMs = 600;
const spectator = agent('spectator');
const stranger = agent('stranger');

export class TwinGame {
  readonly #options: TwinOptions;
  readonly #random: RandomSource;
  readonly #everyone: readonly AgentId[];
  #worlds: readonly World[] = [];
  #viewer: AgentId = spectator;
  #compared = 0;
  /** The first difference that the viewer could see, as decoded messages. */
  difference: readonly [here: unknown, there: unknown] | null = null;
  /** Frames that were compared while the characters were dealt otherwise. */
  frames = 0;
  /** Phases that the viewer went through. */
  phases = 0;
  dealtApart = false;
  viewerDied = false;

  constructor(options: TwinOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#everyone = Array.from({ length: options.players }, (_, place) => agent(`p${place + 1}`));
  }

  async play(rounds: number): Promise<void> {
    const { seed, managers, leak } = this.#options;
    const opening = { seed, managers, ...(leak === undefined ? {} : { leak }) };
    // Both worlds deal alike at first, so that both choose the same viewer.
    this.#worlds = [
      await World.open({ ...opening, redeal: (state) => { this.#viewer = this.#viewerIn(state); return state; } }),
      await World.open({ ...opening, redeal: (state) => ({ ...state, players: this.#redealt(state) }) }),
    ];
    try {
      await this.#takeSeats();
      for (let round = 1; round <= rounds && this.difference === null; round += 1) {
        if (!await this.#night(round) || !await this.#day(round)) break;
      }
    } finally {
      for (const world of this.#worlds) await world.close();
    }
  }

  #viewerIn(state: Night): AgentId {
    const { viewer } = this.#options;
    if (viewer === 'spectator') return spectator;
    if (viewer === 'stranger') return stranger;
    const character = viewer === 'dead' ? 'villager' : viewer;
    const found = state.players.find((player) => player.character === character);
    if (found === undefined) throw new Error(`nobody was dealt ${character}`);
    return found.id;
  }

  #redealt(state: Night): Night['players'] {
    const viewer = this.#viewerIn(state);
    const swapped = swapHiddenFacts(state, viewer, seededRandom(this.#options.seed + 1)) as Night;
    if (JSON.stringify(swapped.players) !== JSON.stringify(state.players)) this.dealtApart = true;
    // Of the rest nothing may differ: a last will is read by all in the end.
    return state.players.map((player, place) => ({ ...player, character: swapped.players[place]?.character ?? player.character }));
  }

  async #takeSeats(): Promise<void> {
    for (const id of [...this.#everyone, stranger]) for (const world of this.#worlds) await world.seat(id);
    for (const world of this.#worlds) await world.seat(spectator, 'spectator');
    for (const by of this.#everyone) await this.#inBoth({ by, module: 'mafia', command: 'join', args: {} });
    await this.#inBoth({ by: agent('p1'), module: 'mafia', command: 'start', args: { game: 1, phase: 'lobby', round: 0, options: rules(this.#options.players) } });
    await this.#each((world) => { world.at(this.#viewer).watchMembers(); world.at(this.#viewer).watch(); });
  }

  /** Plays a night whose outcome is the same for all to see. False when there is none to be had, or the game is over. */
  async #night(round: number): Promise<boolean> {
    const moment = { game: 1, phase: 'night', round };
    const endings = this.#nightEndings(round);
    if (endings === null) return false;
    const parts = this.#random.shuffle(this.#parts());
    // Until this one has acted the night does not end early.
    const last = parts.at(-1);
    for (let steps = 4 + this.#random.integerBelow(5); steps > 0; steps -= 1) {
      const part = this.#oneOf(parts);
      const chance = this.#random.integerBelow(10);
      if (chance < 5 && part !== last) {
        const target = () => ({ ...moment, target: this.#oneOf(this.#everyone) });
        await this.#hidden(part, (by) => ({ by, module: 'mafia', command: actionOf(part), args: target() }));
      } else if (chance < 8) {
        const whisperer = this.#parts().find((candidate) => candidate.character === 'mafia');
        if (whisperer !== undefined) await this.#hidden(whisperer, (by) => ({ by, module: 'mafia', command: 'say', args: { ...moment, text: this.#words() } }));
      } else await this.#anyone(moment);
    }
    for (const part of parts) {
      // Chosen for both before either acts, for the last one may end the night.
      const deeds = this.#worlds.map((world, at): Deed => ({
        by: this.#playerOf(world, part), module: 'mafia', command: actionOf(part), args: { ...moment, target: targetOf(part, endings[at]) },
      }));
      await this.#each((world, at) => { const deed = deeds[at]; if (deed !== undefined) this.#do(world, deed); });
    }
    return this.#phaseEnds('night');
  }

  /** Plays a day: votes and talk are for all, but the dead whisper. */
  async #day(round: number): Promise<boolean> {
    const moment = { game: 1, phase: 'day', round };
    for (let steps = 3 + this.#random.integerBelow(4); steps > 0; steps -= 1) {
      if (this.#random.integerBelow(3) === 0) await this.#inBoth({ by: this.#oneOf(this.#living()), module: 'mafia', command: 'say', args: { ...moment, text: this.#words() } });
      else await this.#anyone(moment);
    }
    // Whoever dies may read what the dead have said so far; a viewer who is to die does so before anyone has.
    const alike = this.#alike().filter((id) => id !== this.#viewer);
    const condemned = this.#random.integerBelow(2) === 0 ? null : this.#oneOf([null, ...alike]);
    for (const by of this.#living()) await this.#inBoth({ by, module: 'mafia', command: 'vote', args: { ...moment, target: by === condemned ? null : condemned } });
    return this.#phaseEnds('day');
  }

  /** What may happen at any time: the dead whisper, the viewer does this or that, or comes back on another link. */
  async #anyone(moment: Record<string, JsonValue>): Promise<void> {
    const dead = this.#everyone.filter((id) => !this.#living().includes(id));
    const by = this.#viewer;
    switch (this.#random.integerBelow(6)) {
      case 0: case 1:
        if (dead.length > 0) await this.#hiddenFrom(dead.includes(by), this.#oneOf(dead), (speaker) => ({ by: speaker, module: 'mafia', command: 'say', args: { ...moment, text: this.#words() } }));
        return;
      case 2: await this.#inBoth({ by, module: 'mafia', command: this.#oneOf(['kill', 'protect', 'investigate', 'vote', 'say', 'leave']), args: { ...moment, target: this.#oneOf(this.#everyone), text: 'so it is' } }); return;
      case 3: await this.#each((world) => world.at(by).beat()); return;
      case 4: await this.#each((world) => world.at(by).watch()); return;
      default: {
        const manager = this.#random.integerBelow(this.#options.managers);
        await this.#each((world) => world.at(by).resume(manager));
        await this.#each((world) => world.at(by).watch());
      }
    }
  }

  /** The viewer may know of this when it is their own deed, or they are in the same band. */
  async #hidden(part: Part, deed: (by: AgentId) => Deed): Promise<void> {
    const [here] = this.#worlds;
    if (here === undefined) return;
    const self = this.#playing(here).players.find((player) => player.id === this.#viewer && player.died === null);
    const known = this.#playerOf(here, part) === this.#viewer || (self?.character === 'mafia' && part.character === 'mafia');
    await this.#hiddenFrom(known, (world) => this.#playerOf(world, part), deed);
  }

  /** The same deed in both worlds when it is known; else another in each, or in one of them something that has nothing to do with the game. */
  async #hiddenFrom(known: boolean, doer: AgentId | ((world: World) => AgentId), deed: (by: AgentId) => Deed): Promise<void> {
    const by = (world: World): AgentId => (typeof doer === 'string' ? doer : doer(world));
    if (known) {
      const [here] = this.#worlds;
      if (here !== undefined) await this.#inBoth(deed(by(here)));
      return;
    }
    const idle = this.#random.integerBelow(4);
    await this.#each((world, at) => {
      const who = by(world);
      this.#do(world, at === idle ? { by: who, module: 'documents', command: 'put', args: { key: `agents/${who}/note`, value: this.#words() } } : deed(who));
    });
  }

  #do(world: World, { by, module, command, args }: Deed): void { world.at(by).command(module, command, args); }

  async #inBoth(deed: Deed): Promise<void> { await this.#each((world) => this.#do(world, deed)); }

  async #each(act: (world: World, at: number) => void): Promise<void> {
    for (const [at, world] of this.#worlds.entries()) { act(world, at); await world.clock.advance(stepMs); }
    this.#compare();
  }

  /** Lets the phase run out. False when the game is over, after which there are no secrets to compare. */
  async #phaseEnds(phase: 'night' | 'day'): Promise<boolean> {
    for (const id of [...this.#everyone, stranger, spectator]) for (const world of this.#worlds) world.at(id).beat();
    for (const world of this.#worlds) await world.clock.advance(phaseEndsInMs);
    if (this.#worlds.some((world) => world.state.phase === phase)) throw new Error(`the ${phase} did not end: a deed that was to end it was refused`);
    if (this.#isOver) return false;
    this.#compare();
    this.phases += 1;
    if (this.#everyone.includes(this.#viewer) && !this.#living().includes(this.#viewer)) this.viewerDied = true;
    return true;
  }

  get #isOver(): boolean { return this.#worlds.some((world) => world.state.phase === 'ended'); }

  #compare(): void {
    if (this.difference !== null || this.#isOver) return;
    const [here = [], there = []] = this.#worlds.map((world) => world.framesTo(this.#viewer).slice(this.#compared));
    const text = (frames: typeof here) => frames.map(({ atMs, bytes }) => `${atMs} ${Buffer.from(bytes).toString('hex')}`).join('\n');
    if (text(here) !== text(there)) this.difference = [messagesOf(here), messagesOf(there)];
    this.#compared += here.length;
    if (this.dealtApart) this.frames += here.length;
  }

  /** How the night is to end in each world, so that all see the same: the same death, or none; `null` when that cannot be had. */
  #nightEndings(round: number): readonly Choices[] | null {
    const { viewer } = this.#options;
    const self = this.#living().includes(this.#viewer) ? viewer : 'dead';
    const isMafia = (world: World, id: AgentId) => this.#characterOf(world, id) === 'mafia';
    const [here] = this.#worlds;
    if (here === undefined) return null;
    const mortal = this.#alike().filter((id) => !isMafia(here, id) && (viewer === 'dead' || id !== this.#viewer));
    const doctorLives = this.#parts().some(({ character }) => character === 'doctor');
    const dies = viewer === 'dead' && round === 1;
    const victim = dies ? this.#viewer : this.#random.integerBelow(2) === 0 || !doctorLives ? (mortal.length > 0 ? this.#oneOf(mortal) : null) : null;
    if (victim === null && !doctorLives) return null;
    const endings: Choices[] = [];
    for (const world of this.#worlds) {
      const lastProtected = lastProtectedIn(this.#playing(world));
      const doctor = this.#living().find((id) => this.#characterOf(world, id) === 'doctor');
      const detective = this.#living().find((id) => this.#characterOf(world, id) === 'detective');
      const savable = this.#living().filter((id) => id !== lastProtected && !isMafia(world, id));
      const first = endings[0];
      // What the viewer does, or learns, is the same in both worlds.
      const same = self === 'mafia' || self === 'doctor' ? first : undefined;
      const patients = this.#commonFor(self, savable).filter((id) => id !== victim);
      const suspects = this.#living().filter((id) => id !== detective);
      const known = self === 'detective' ? suspects.filter((id) => this.#worlds.every((each) => isMafia(each, id) === isMafia(here, id))) : suspects;
      if ((doctor !== undefined && patients.length === 0) || known.length === 0) return null;
      const protect = doctor === undefined ? null : same?.protect ?? this.#oneOf(patients);
      const investigate = self === 'detective' && first !== undefined ? first.investigate : this.#oneOf(known);
      const pick = victim ?? protect;
      if (pick === null) return null;
      endings.push({ pick, protect, investigate });
    }
    return endings;
  }

  /** Of these, whom the doctor may save for the same reason in both worlds, when the viewer is to see it. */
  #commonFor(self: ViewerKind, savable: readonly AgentId[]): readonly AgentId[] {
    if (self !== 'doctor' && self !== 'mafia') return savable;
    return savable.filter((id) => this.#worlds.every((world) => this.#characterOf(world, id) !== 'mafia' && lastProtectedIn(this.#playing(world)) !== id));
  }

  /** The living who have the same character in both worlds, so that their death shows nothing else. */
  #alike(): readonly AgentId[] { return this.#living().filter((id) => new Set(this.#worlds.map((world) => this.#characterOf(world, id))).size === 1); }

  #living(): readonly AgentId[] {
    const [here] = this.#worlds;
    return here === undefined ? [] : this.#playing(here).players.filter((player) => player.died === null).map((player) => player.id);
  }

  #parts(): readonly Part[] {
    const [here] = this.#worlds;
    const cast = here === undefined ? [] : this.#living().map((id) => this.#characterOf(here, id));
    const mafia: readonly Part[] = cast.filter((character) => character === 'mafia').map((_, place) => ({ character: 'mafia', place }));
    return [...mafia, ...(['doctor', 'detective'] as const).filter((character) => cast.includes(character)).map((character) => ({ character }))];
  }

  #playerOf(world: World, part: Part): AgentId {
    const having = this.#living().filter((id) => this.#characterOf(world, id) === part.character);
    const id = having[part.character === 'mafia' ? part.place : 0];
    if (id === undefined) throw new Error(`nobody plays ${part.character}`);
    return id;
  }

  #playing(world: World): Playing {
    if (world.state.phase === 'lobby') throw new Error('the game has not begun');
    return world.state;
  }

  #characterOf(world: World, id: AgentId): Character | undefined { return this.#playing(world).players.find((player) => player.id === id)?.character; }

  #words(): string { return `word ${this.#random.integerBelow(1_000_000)}`; }

  #oneOf<Item>(items: readonly Item[]): Item {
    const item = items[this.#random.integerBelow(items.length)];
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  }
}

/** Whom the doctor may not protect again. */
const lastProtectedIn = (state: Playing): AgentId | undefined => state.nights.at(-1)?.deeds.find(({ action }) => action === 'protect')?.target ?? undefined;

function actionOf({ character }: Part): 'kill' | 'protect' | 'investigate' {
  switch (character) {
    case 'mafia': return 'kill';
    case 'doctor': return 'protect';
    case 'detective': return 'investigate';
    default: return character satisfies never;
  }
}

function targetOf({ character }: Part, ending: Choices | undefined): AgentId {
  if (ending === undefined) throw new Error('no such world');
  switch (character) {
    case 'mafia': return ending.pick;
    case 'doctor': return ending.protect ?? ending.pick;
    case 'detective': return ending.investigate;
    default: return character satisfies never;
  }
}
