import { Buffer } from 'node:buffer';
import { everyCharacter } from '@raft-mesh/mafia';
import type { JsonValue } from '@raft-mesh/mesh-node';
import type { WireMessage } from '@raft-mesh/protocol';
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

interface Watched { readonly module: string; base: { readonly version: number; readonly value: JsonValue } | null }

/** Every view of the game that reached the page, each rebuilt from whole views and patches as the SDK does. One that cannot be rebuilt fails the test: nobody would have looked at it. */
function gameViews(recorder: FrameRecorder): GameView[] {
  const views: GameView[] = [];
  const watches = new Map<string, Watched>();
  // By module and version: a page that asks another manager, under another number, goes on from the version that it holds.
  const held = new Map<string, JsonValue>();
  for (const { connection, message } of recorder.recorded) {
    if (message.type === 'watch') {
      const value = held.get(`${message.module}/${message.knownVersion}`);
      watches.set(`${connection}/${message.watch}`, { module: message.module, base: value === undefined ? null : { version: message.knownVersion, value } });
    }
    if (message.type !== 'viewWhole' && message.type !== 'viewCurrent' && message.type !== 'viewPatch') continue;
    const watched = watches.get(`${connection}/${message.watch}`);
    if (watched === undefined) throw new Error(`${message.type} came of a watch that was not seen to be asked for`);
    const value = rebuilt(message, watched.base);
    watched.base = { version: message.version, value };
    held.set(`${watched.module}/${message.version}`, value);
    if (watched.module === 'mafia' && message.type !== 'viewCurrent') views.push(JSON.parse(JSON.stringify(value)) as GameView);
  }
  return views;
}

function rebuilt(message: Extract<WireMessage, { type: 'viewWhole' | 'viewCurrent' | 'viewPatch' }>, base: Watched['base']): JsonValue {
  if (message.type === 'viewWhole') return message.value;
  if (base === null || (message.type === 'viewPatch' && base.version !== message.baseVersion)) throw new Error(`${message.type} builds on a view that was not seen`);
  if (message.type === 'viewCurrent') return base.value;
  const value = JSON.parse(JSON.stringify(base.value)) as JsonValue;
  expect(applyPatch(value, message.operations as unknown as Operation[]).filter((error) => error !== null)).toEqual([]);
  return value;
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
  const rest = recorder.recorded.filter(({ way }) => way === 'received').map(({ message }) => message).filter((message) => message.type !== 'viewWhole' && message.type !== 'viewPatch');
  expect(rest.length).toBeGreaterThan(0);
  const secret = new RegExp(everyCharacter.filter((character) => character !== 'mafia').join('|') + '|"mafia"\\s*:', 'u');
  for (const message of rest) expect(JSON.stringify(message, (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value))).not.toMatch(secret);
  return played.at(-1)?.you?.character ?? null;
}
