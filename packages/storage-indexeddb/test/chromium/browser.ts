import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chromium, type Browser as Connection, type BrowserContext } from 'playwright';
import { chromiumArguments } from '../../../../e2e/support/chromium.ts';
import { findChromium } from '../../../../scripts/find-chromium.mjs';

const startTimeoutMs = 60_000;

/** A Chromium process of its own, on a profile that outlives it. */
export class Browser {
  readonly #process: ChildProcess;
  readonly #connection: Connection;

  private constructor(process: ChildProcess, connection: Connection) {
    this.#process = process;
    this.#connection = connection;
  }

  static async start(profile: string): Promise<Browser> {
    const path = findChromium();
    if (path === undefined) throw new Error('There is no Chromium: node scripts/setup-browser.mjs installs one.');
    // A process group of its own, so that all of it can be killed at once.
    const child = spawn(path, [...chromiumArguments, '--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'], { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    const address = await new Promise<string>((resolve, reject) => {
      let said = '';
      const tooLate = setTimeout(() => reject(new Error(`Chromium did not start: ${said.slice(-2_000)}`)), startTimeoutMs);
      child.once('exit', (code) => reject(new Error(`Chromium ended with ${String(code)}: ${said.slice(-2_000)}`)));
      child.stderr.on('data', (data: Buffer) => {
        said = (said + data.toString()).slice(-20_000);
        const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
        if (found !== undefined) { clearTimeout(tooLate); resolve(found); }
      });
    });
    return new Browser(child, await chromium.connectOverCDP(address));
  }

  get context(): BrowserContext {
    const [context] = this.#connection.contexts();
    if (context === undefined) throw new Error('a browser has a context');
    return context;
  }

  /** SIGKILL to the processes in which tabs run; the browser goes on. */
  async killTabs(): Promise<void> {
    const devtools = await this.#connection.newBrowserCDPSession();
    const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
    for (const { type, id } of processInfo) if (type === 'renderer') process.kill(id, 'SIGKILL');
    await devtools.detach();
  }

  /** SIGKILL to every process of the browser, as when the machine's owner loses patience. */
  async kill(): Promise<void> {
    const { pid } = this.#process;
    if (pid === undefined || this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    process.kill(-pid, 'SIGKILL');
    await ended;
  }
}
