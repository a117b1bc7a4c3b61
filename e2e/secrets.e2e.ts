import { Buffer } from 'node:buffer';
import type { Page } from 'playwright/test';
import { expect } from 'playwright/test';
import type { JsonValue } from '@raft-mesh/mesh-node';
import { applyPatch, type Operation } from 'rfc6902';
import { FrameRecorder } from './support/frame-recorder.ts';
import { test } from './support/mesh-fixture.ts';

interface SeenPlayer { readonly id: string; readonly name: string; readonly alive: boolean; readonly character: string | null }
interface GameView {
  readonly phase: string; readonly you: { readonly id: string; readonly character: string | null } | null; readonly players: readonly SeenPlayer[];
  readonly picks: readonly JsonValue[]; readonly nights: readonly JsonValue[] | null; readonly learned: { readonly investigations: readonly { readonly target: string }[]; readonly attacks: readonly JsonValue[] };
  readonly chat: { readonly mafia: readonly JsonValue[] | null; readonly dead: readonly JsonValue[] | null };
}

async function join(page: Page, link: string, name: string): Promise<void> {
  await page.goto(link);
  await page.getByTestId('name-input').fill(name);
  await page.getByTestId('join-button').click();
  await expect(page.getByTestId(`player-${name}`)).toBeVisible();
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
      const value = JSON.parse(JSON.stringify(held.get(`${message.watch}/${message.baseVersion}`))) as JsonValue;
      const errors = applyPatch(value, message.operations as unknown as Operation[]).filter((error) => error !== null);
      expect([errors, recorder.received.filter((each) => each.message.type.startsWith('view')).slice(0, 40).map((each) => `${each.connection} ${each.message.type} ${'version' in each.message ? String(each.message.version) : ''} from ${'baseVersion' in each.message ? String(each.message.baseVersion) : ''}`)]).toEqual([[], expect.anything()]);
      add(`${message.watch}/${message.version}`, value);
      latest.set(message.watch, value);
    }
  }
  return views;
}

function mayKnow(view: GameView, player: SeenPlayer): boolean {
  return player.id === view.you?.id || !player.alive || view.phase === 'ended' || (view.you?.character === 'mafia' && player.character === 'mafia');
}

test('no frame to a page carries what its player may not know', async ({ mesh, browser }) => {
  test.setTimeout(180_000);
  const link = await mesh.invitation();
  const people = ['Kim', 'Sam'];
  const recorders: FrameRecorder[] = [];
  const pages: Page[] = [];
  for (const name of people) {
    const page = await (await browser.newContext()).newPage();
    recorders.push(new FrameRecorder(page));
    pages.push(page);
    await join(page, link, name);
  }
  const [first] = pages;
  await expect(first!.getByTestId('player-count')).toContainText('8', { timeout: 30_000 });
  await first!.getByRole('button', { name: 'Quick' }).click();
  await first!.getByTestId('start-button').click();
  await expect(first!.getByTestId('phase')).toHaveAttribute('data-phase', 'day', { timeout: 90_000 });
  await expect(pages[1]!.getByTestId('phase')).toHaveAttribute('data-phase', 'day', { timeout: 90_000 });

  for (const recorder of recorders) {
    expect(recorder.problems).toEqual([]);
    const views = gameViews(recorder);
    const played = views.filter((view) => view.phase === 'night' || view.phase === 'day');
    expect(played.length).toBeGreaterThan(1);
    for (const view of played) {
      for (const player of view.players) if (!mayKnow(view, player)) expect({ name: player.name, character: player.character }).toEqual({ name: player.name, character: null });
      if (view.you?.character !== 'mafia') {
        expect(view.picks).toEqual([]);
        expect(view.learned.attacks).toEqual([]);
        expect(view.chat.mafia).toBeNull();
      }
      if (view.you?.character !== 'detective') expect(view.learned.investigations).toEqual([]);
      expect(view.nights).toBeNull();
    }
    // Nothing but views speaks of characters at all.
    const rest = recorder.received.map(({ message }) => message).filter((message) => message.type !== 'viewWhole' && message.type !== 'viewPatch');
    expect(rest.length).toBeGreaterThan(0);
    for (const message of rest) expect(JSON.stringify(message, (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value))).not.toMatch(/villager|detective|doctor|"mafia"\s*:/);
  }
});
