import { Buffer } from 'node:buffer';
import { everyCharacter } from '@raft-mesh/mafia';
import type { JsonValue } from '@raft-mesh/mesh-node';
import { expect } from 'playwright/test';
import { applyPatch, type Operation } from 'rfc6902';
import type { FrameRecorder } from './frame-recorder.ts';

interface SeenPlayer { readonly id: string; readonly name: string; readonly alive: boolean; readonly character: string | null }
interface Learned { readonly deeds: readonly JsonValue[]; readonly investigations: readonly JsonValue[]; readonly tracks: readonly JsonValue[]; readonly watches: readonly JsonValue[]; readonly attacks: readonly JsonValue[] }
interface GameView {
  readonly phase: string; readonly you: { readonly id: string; readonly character: string | null; readonly alive: boolean } | null; readonly players: readonly SeenPlayer[];
  readonly picks: readonly JsonValue[]; readonly nights: readonly JsonValue[] | null; readonly learned: Learned; readonly events: readonly { readonly kind: string; readonly player?: string }[];
  readonly chat: { readonly mafia: readonly JsonValue[] | null; readonly dead: readonly JsonValue[] | null };
}

/** Every view of the game that reached the page, each rebuilt from whole views and patches as the SDK does. */
function gameViews(recorder: FrameRecorder): GameView[] {
  const views: GameView[] = [];
  // By watch and version: on a new link a page that holds a version is sent what came after it.
  const held = new Map<string, JsonValue>();
  const add = (watch: string, value: JsonValue): void => {
    held.set(watch, value);
    if (typeof value === 'object' && value !== null && 'players' in value) views.push(JSON.parse(JSON.stringify(value)) as GameView);
  };
  const latest = new Map<number, JsonValue>();
  for (const { message } of recorder.received) {
    if (message.type === 'viewWhole') { add(`${message.watch}/${message.version}`, message.value); latest.set(message.watch, message.value); }
    if (message.type === 'viewCurrent') held.set(`${message.watch}/${message.version}`, latest.get(message.watch) ?? null);
    if (message.type === 'viewPatch') {
      const base = held.get(`${message.watch}/${message.baseVersion}`);
      // The first frames of a connection may come before anyone listens: what builds on them cannot be rebuilt here.
      if (base === undefined || base === null) continue;
      const value = JSON.parse(JSON.stringify(base)) as JsonValue;
      const errors = applyPatch(value, message.operations as unknown as Operation[]).filter((error) => error !== null);
      expect(errors).toEqual([]);
      add(`${message.watch}/${message.version}`, value);
      latest.set(message.watch, value);
    }
  }
  return views;
}

const ofMafia: readonly (string | null | undefined)[] = ['mafia', 'godfather', 'consort', 'framer'];
/** Which character alone learns it. */
const learnedBy = { investigations: 'detective', tracks: 'tracker', watches: 'watcher' } as const;

function mayKnow(view: GameView, player: SeenPlayer): boolean {
  const saidSo = view.events.some((event) => event.kind === 'mayor' && event.player === player.id);
  return player.id === view.you?.id || !player.alive || view.phase === 'ended' || saidSo || (ofMafia.includes(view.you?.character) && ofMafia.includes(player.character));
}

/** Looks through every frame that a page got. Gives the character that its player has. */
export function expectNoSecrets(recorder: FrameRecorder): string | null {
  expect(recorder.problems).toEqual([]);
  const played = gameViews(recorder).filter((view) => view.phase === 'night' || view.phase === 'day');
  expect(played.length).toBeGreaterThan(1);
  for (const view of played) {
    for (const player of view.players) if (!mayKnow(view, player)) expect({ name: player.name, character: player.character }).toEqual({ name: player.name, character: null });
    if (!ofMafia.includes(view.you?.character)) {
      expect(view.picks).toEqual([]);
      expect(view.learned.attacks).toEqual([]);
      expect(view.chat.mafia).toBeNull();
    }
    for (const [kind, character] of Object.entries(learnedBy) as [keyof typeof learnedBy, string][]) if (view.you?.character !== character) expect([kind, view.learned[kind]]).toEqual([kind, []]);
    if (view.you?.alive === true) expect(view.chat.dead).toBeNull();
    expect(view.nights).toBeNull();
  }
  // Nothing but views speaks of characters at all.
  const rest = recorder.received.map(({ message }) => message).filter((message) => message.type !== 'viewWhole' && message.type !== 'viewPatch');
  expect(rest.length).toBeGreaterThan(0);
  const secret = new RegExp(everyCharacter.filter((character) => character !== 'mafia').join('|') + '|"mafia"\\s*:', 'u');
  for (const message of rest) expect(JSON.stringify(message, (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value))).not.toMatch(secret);
  return played.at(-1)?.you?.character ?? null;
}
