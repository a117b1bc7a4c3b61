import { chromium, type Browser, type Page } from 'playwright';
import type { DevMesh } from '@raft-mesh/cli';
import { connectWorker, type Worker } from '@raft-mesh/mesh-node';
import type { MafiaView } from '@raft-mesh/mafia';
import { gzipSync } from 'node:zlib';
import { findChromium } from '../scripts/find-chromium.mjs';
import { chromiumArguments } from '../e2e/support/chromium.ts';
import { percentile, rounded } from './support/percentile.ts';

/**
 * What a page of Mafia costs, in real Chromium: a first load, and from the tap of a vote to that vote on every screen. `pages` of the players are
 * pages, each tap is on one of them, and a vote is on their screens when it is in their documents; the others are workers of the same SDK in this
 * process, on whose screens it is when their view has it. Players have a device each: twelve pages on two cores measure mostly the drawing of eleven others.
 */
export async function benchPage(mesh: DevMesh, { players, pages: pagesWanted, taps }: { readonly players: number; readonly pages: number; readonly taps: number }): Promise<Record<string, unknown>> {
  const executablePath = findChromium();
  const browser = await chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: [...chromiumArguments] });
  try {
    const link = await mesh.invitation();
    const load = await firstLoad(browser, link);
    const pages: Page[] = [];
    for (let number = 1; number <= Math.min(pagesWanted, players); number += 1) {
      const page = await (await browser.newContext({ viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' })).newPage();
      await page.addInitScript(voteSeen);
      await page.goto(link);
      await page.getByTestId('name-input').fill(`P${number}`);
      await page.getByTestId('join-button').click();
      await page.getByTestId(`player-P${number}`).waitFor();
      pages.push(page);
    }
    const workers: SeatedWorker[] = [];
    for (let number = pages.length + 1; number <= players; number += 1) workers.push(await SeatedWorker.sit(mesh, `P${number}`));
    const msTaps = await tapToVoted(pages, workers, players, taps);
    await Promise.all(workers.map((worker) => worker.close()));
    return { bench: 'page', players, pages: pages.length, taps: msTaps.length, tapToVotedP50Ms: rounded(percentile(msTaps, 0.5)), tapToVotedP99Ms: rounded(percentile(msTaps, 0.99)), ...load };
  } finally {
    await browser.close();
  }
}

/** The bytes of a first visit, gzipped, and when one can type a name. */
async function firstLoad(browser: Browser, link: string): Promise<Record<string, unknown>> {
  const context = await browser.newContext({ serviceWorkers: 'block' });
  const page = await context.newPage();
  let gzipBytes = 0;
  const bodies: Promise<void>[] = [];
  page.on('response', (response) => { bodies.push(response.body().then((body) => { gzipBytes += gzipSync(body, { level: 9 }).length; }, () => undefined)); });
  await page.goto(link);
  await page.getByTestId('name-input').waitFor();
  const interactiveMs = await page.evaluate(() => Math.round(performance.now()));
  await page.waitForLoadState('networkidle');
  await Promise.all(bodies);
  await context.close();
  return { interactiveMs, gzipBytesBeforeSeat: gzipBytes };
}

/** In a page: when it shows a player with so many votes. A text, since a compiled function names helpers that a page does not have. */
const voteSeen = `globalThis.voteSeen = (name, votes) => new Promise((resolve) => {
  const look = () => {
    if (document.querySelector('[data-testid="player-' + name + '"]')?.getAttribute('data-votes') !== votes) return;
    observer.disconnect();
    resolve(performance.timeOrigin + performance.now());
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, { subtree: true, childList: true, attributes: true });
  look();
});`;

/** A player without a page: a worker with one view, as a page has. */
class SeatedWorker {
  readonly #worker: Worker;
  #view: MafiaView | null = null;
  #look: () => void = () => {};

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.watch('mafia', null, ({ value }) => { this.#view = value as unknown as MafiaView; this.#look(); });
  }

  static async sit(mesh: DevMesh, name: string): Promise<SeatedWorker> {
    const worker = await connectWorker({ transport: 'websocket', join: await mesh.adminJoin(name) });
    const joined = await worker.send('mafia', 'join', { name });
    if (joined.status !== 'committed') throw new Error(`${name} has no seat: ${joined.status}`);
    return new SeatedWorker(worker);
  }

  /** When its view has so many votes for a player, on the clock of the pages. */
  voteSeen(name: string, votes: number): Promise<number> {
    return new Promise((resolve) => {
      this.#look = () => {
        const target = this.#view?.players.find((player) => player.name === name);
        if (target === undefined || this.#view?.votes.filter((vote) => vote.target === target.id).length !== votes) return;
        this.#look = () => {};
        resolve(performance.timeOrigin + performance.now());
      };
      this.#look();
    });
  }

  close(): Promise<void> {
    return this.#worker.close();
  }
}

/** On a day that nobody ends: each tap moves one vote, and is over when the last screen shows it. */
async function tapToVoted(pages: readonly Page[], workers: readonly SeatedWorker[], players: number, taps: number): Promise<number[]> {
  const [host] = pages;
  if (host === undefined) throw new Error('there are no pages');
  await host.getByTestId('rules-summary').click();
  for (const [name, value] of [['firstPhase', 'day'], ['endsEarly', 'never'], ['dayMs', '600000']] as const) await host.getByTestId(`option-${name}`).selectOption(value);
  await host.getByTestId('start-button').click();
  await Promise.all(pages.map((page) => page.locator('.players.voting').waitFor()));
  const voteOf = new Map<number, number>();
  const measured: number[] = [];
  for (let tap = 0; tap < taps; tap += 1) {
    const voter = tap % pages.length;
    const page = pages[voter];
    let target = (voter + 1 + Math.floor(tap / pages.length)) % players;
    if (target === voter) target = (target + 1) % players;
    if (page === undefined || voteOf.get(voter) === target) continue;
    voteOf.set(voter, target);
    const votes = [...voteOf.values()].filter((each) => each === target).length;
    const seen = [...pages.map((each) => each.evaluate<number>(`voteSeen('P${target + 1}', '${votes}')`)), ...workers.map((worker) => worker.voteSeen(`P${target + 1}`, votes))];
    const tappedAtMs = await page.evaluate((name) => {
      const atMs = performance.timeOrigin + performance.now();
      document.querySelector<HTMLButtonElement>(`[data-testid="player-${name}"]`)?.click();
      return atMs;
    }, `P${target + 1}`);
    measured.push(Math.max(...await Promise.all(seen)) - tappedAtMs);
  }
  return measured;
}
