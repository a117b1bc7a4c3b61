import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Page } from 'playwright';
import type { createIndexedDbWorkerStore, readOutcomes } from '@raft-mesh/storage-indexeddb';
import type { StoredCommand, StoredOutcome, WorkerIdentity, WorkerRecord, WorkerStore } from '@raft-mesh/mesh';

interface Stores { readonly createIndexedDbWorkerStore: typeof createIndexedDbWorkerStore; readonly readOutcomes: typeof readOutcomes }
/** What the page has under `globalThis`. */
interface PageGlobals { readonly stores: Stores; store?: WorkerStore }

/** Where a page that is to be killed waits. */
export const standStillPath = '/stand-still';

/** Serves an empty page that has loaded the store's own code; on loopback, where browsers have Web Locks. */
export class StoreServer {
  readonly #server: Server;
  /** Called when a page stands still. */
  onStandStill: () => void = () => {};

  private constructor(page: string) {
    this.#server = createServer(({ url }, response) => {
      // Never answered: a page that asks for it without letting anything else run does no more, and its transactions end no more.
      if (url === standStillPath) { this.onStandStill(); return; }
      response.setHeader('content-type', 'text/html; charset=utf-8').end(page);
    });
  }

  static async start(): Promise<StoreServer> {
    const entry = fileURLToPath(new URL('../../src/index.ts', import.meta.url));
    const { outputFiles: [script] } = await build({ entryPoints: [entry], bundle: true, write: false, format: 'iife', globalName: 'stores', platform: 'browser', conditions: ['@raft-mesh/source'], logLevel: 'error' });
    const page = `<!doctype html><title>store</title><script>${script?.text ?? ''}</script>`;
    const server = new StoreServer(page);
    await new Promise<void>((resolve) => { server.#server.listen(0, '127.0.0.1', resolve); });
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }
}

/** A store that lives in a tab. Closing it closes the tab. */
export class StoreInTab implements WorkerStore {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(page: Page, url: string, databaseName: string): Promise<StoreInTab> {
    try {
      await page.goto(url);
      await page.evaluate(async (name) => {
        const globals = globalThis as unknown as PageGlobals;
        globals.store = await globals.stores.createIndexedDbWorkerStore({ databaseName: name });
      }, databaseName);
    } catch (error) {
      await page.close();
      throw error;
    }
    return new StoreInTab(page);
  }

  async load(): Promise<WorkerRecord | null> {
    // Its type is too deep for Playwright's own.
    const record: unknown = await this.page.evaluate((): Promise<unknown> => (globalThis as unknown as Required<PageGlobals>).store.load());
    return record as WorkerRecord | null;
  }

  saveIdentity(identity: WorkerIdentity): Promise<void> {
    return this.page.evaluate((value) => (globalThis as unknown as Required<PageGlobals>).store.saveIdentity(value), identity);
  }

  saveCommand(command: StoredCommand): Promise<void> {
    // As text: the type of any JSON is too deep for Playwright's own.
    return this.page.evaluate((text) => (globalThis as unknown as Required<PageGlobals>).store.saveCommand(JSON.parse(text) as StoredCommand), JSON.stringify(command));
  }

  saveOutcome(outcome: StoredOutcome): Promise<void> {
    return this.page.evaluate((text) => (globalThis as unknown as Required<PageGlobals>).store.saveOutcome(JSON.parse(text) as StoredOutcome), JSON.stringify(outcome));
  }

  async close(): Promise<void> {
    await this.page.evaluate(() => (globalThis as unknown as Required<PageGlobals>).store.close());
    await this.page.close();
  }
}

/** Reads the outcomes that a database keeps, in a tab of its own. */
export async function outcomesInTab(page: Page, url: string, databaseName: string): Promise<readonly StoredOutcome[]> {
  try {
    await page.goto(url);
    return await page.evaluate((name) => (globalThis as unknown as PageGlobals).stores.readOutcomes(name), databaseName);
  } finally {
    await page.close();
  }
}
