import { ConnectError, type Clock, type Worker, type WorkerState } from '@raft-mesh/mesh';
import type { Channel } from './channel.ts';
import { identityName } from './messages.ts';
import type { BrowserMesh, PageRequest, ServiceRequest, TabMessage, WorkerReport } from './messages.ts';
import { WindowLedger } from './window-ledger.ts';
import { WorkerWindow } from './worker-window.ts';

/** Web Locks, as far as they are needed. */
export interface Locks {
  /** Calls `whenHeld` once the lock is held; it is given back by the function that `whenHeld` gets. False, and no call, when it is held elsewhere and `wait` is false. */
  acquire(name: string, wait: boolean, whenHeld: (release: () => void) => void): Promise<boolean>;
}

export interface TabPorts {
  /** `null` outside of secure contexts: then every tab runs a worker of its own, and nothing keeps two of one identity apart. */
  readonly locks: Locks | null;
  readonly openTabs: (name: string) => Channel<TabMessage, TabMessage>;
  readonly connect: (mesh: BrowserMesh, onState: (state: WorkerState) => void) => Promise<Worker>;
  readonly clock: Clock;
  readonly identifier: () => string;
}

const windowLock = (owner: string, window: string) => `${owner}:window:${window}`;

/**
 * What runs in a tab's dedicated Worker. Of all tabs of one identity, the one that holds the mesh's Web Lock owns the worker and serves
 * the others; a tab without it is a window on the owner, and the next in line when the owner closes or dies.
 */
export class Tab {
  readonly #page: Channel<WorkerReport, PageRequest>;
  readonly #ports: TabPorts;
  readonly #id: string;
  readonly #ledger: WindowLedger;
  /** Windows on the worker that this tab owns: the page's own, and those of other tabs. */
  readonly #windows = new Map<string, WorkerWindow>();
  #mesh: BrowserMesh | null = null;
  #worker: Worker | null = null;
  #tabs: Channel<TabMessage, TabMessage> | null = null;
  /** The owner that this tab is attached to. */
  #owner: string | null = null;
  #releaseLocks: (() => void)[] = [];
  #closed = false;

  constructor(page: Channel<WorkerReport, PageRequest>, ports: TabPorts) {
    this.#page = page;
    this.#ports = ports;
    this.#id = ports.identifier();
    this.#ledger = new WindowLedger((report) => page.post(report));
  }

  /** Takes the page's requests from now on. */
  listen(): void {
    this.#page.onMessage((request) => this.#request(request));
  }

  #request(request: PageRequest): void {
    switch (request.type) {
      case 'connect':
        if (this.#mesh !== null) return;
        this.#mesh = request.mesh;
        this.#start(request.mesh).catch((reason: unknown) => this.#failed(reason));
        return;
      case 'close':
        return this.#leave();
      default:
        this.#ledger.note(request);
        this.#forward(request);
    }
  }

  async #start(mesh: BrowserMesh): Promise<void> {
    const { locks, openTabs } = this.#ports;
    if (locks === null) return this.#own(mesh, () => {});
    const name = identityName(mesh);
    const tabs = openTabs(name);
    this.#tabs = tabs;
    tabs.onMessage((message) => this.#tabMessage(message));
    const own = (release: () => void) => { this.#own(mesh, release).catch((reason: unknown) => this.#failed(reason)); };
    if (await locks.acquire(name, false, own)) return;
    // Held for as long as this tab lives, so that the owner learns of its end.
    await locks.acquire(windowLock(name, this.#id), true, (release) => this.#keep(release));
    tabs.post({ type: 'attach', window: this.#id });
    await locks.acquire(name, true, own);
  }

  #keep(release: () => void): void {
    if (this.#closed) release();
    else this.#releaseLocks.push(release);
  }

  async #own(mesh: BrowserMesh, release: () => void): Promise<void> {
    this.#keep(release);
    if (this.#closed) return;
    const worker = await this.#ports.connect(mesh, (state) => { if (this.#worker === null) this.#page.post({ type: 'state', state }); });
    if (this.#closed) return worker.close();
    this.#worker = worker;
    this.#owner = this.#id;
    worker.onState((state) => {
      if (state.phase !== 'ended' || this.#closed) return;
      this.#page.post({ type: 'state', state });
      this.#leave();
    });
    this.#openWindow(worker, this.#id, (report) => { this.#ledger.settle(report); this.#page.post(report); });
    this.#replay();
    this.#tabs?.post({ type: 'ownerReady', owner: this.#id });
  }

  #openWindow(worker: Worker, window: string, post: (report: WorkerReport) => void): void {
    this.#windows.get(window)?.end();
    this.#windows.set(window, new WorkerWindow(worker, this.#ports.clock, post));
  }

  #tabMessage(message: TabMessage): void {
    if (this.#closed) return;
    switch (message.type) {
      case 'ownerReady':
        if (this.#worker === null) this.#tabs?.post({ type: 'attach', window: this.#id });
        return;
      case 'attach': return this.#attach(message.window);
      case 'detach': return this.#detach(message.window);
      case 'forgotten': return this.#failed(new ConnectError({ code: 'notAuthenticated', message: 'Another tab had this browser forget the agent.', next: 'Join the mesh again.' }));
      case 'request':
        if (message.owner === this.#id) this.#windows.get(message.window)?.receive(message.request);
        return;
      case 'report': return this.#report(message.owner, message.window, message.report);
      default: message satisfies never;
    }
  }

  #attach(window: string): void {
    const { locks } = this.#ports;
    if (this.#worker === null || this.#mesh === null || locks === null || this.#windows.has(window)) return;
    this.#openWindow(this.#worker, window, (report) => this.#tabs?.post({ type: 'report', window, owner: this.#id, report }));
    // Its lock comes free when it is gone, however it went.
    void locks.acquire(windowLock(identityName(this.#mesh), window), true, (release) => { this.#detach(window); release(); });
  }

  #detach(window: string): void {
    if (window === this.#id) return;
    this.#windows.get(window)?.end();
    this.#windows.delete(window);
  }

  #report(owner: string, window: string, report: WorkerReport): void {
    if (window !== this.#id || this.#worker !== null) return;
    if (report.type === 'connected' && owner !== this.#owner) {
      this.#owner = owner;
      this.#page.post(report);
      return this.#replay();
    }
    if (owner !== this.#owner) return;
    this.#ledger.settle(report);
    this.#page.post(report);
  }

  /** Another owner serves this tab now: it is told what the page watches and asks. What the last one was sent cannot be sent again. */
  #replay(): void {
    for (const request of this.#ledger.replay()) this.#forward(request);
  }

  #forward(request: ServiceRequest): void {
    if (this.#worker !== null) this.#windows.get(this.#id)?.receive(request);
    else if (this.#owner !== null) this.#tabs?.post({ type: 'request', window: this.#id, owner: this.#owner, request });
  }

  #failed(reason: unknown): void {
    const error = reason instanceof ConnectError ? reason.error : null;
    this.#page.post({ type: 'failed', error, message: reason instanceof Error ? reason.message : String(reason) });
    this.#close().catch(() => {});
  }

  #leave(): void {
    this.#close().catch(() => {}).finally(() => this.#page.post({ type: 'closed' }));
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const worker = this.#worker;
    if (worker === null) this.#tabs?.post({ type: 'detach', window: this.#id });
    // Other tabs hear nothing of this end, and go on with the next owner; the page here hears how its calls ended.
    for (const [id, window] of this.#windows) if (id !== this.#id) window.end();
    await worker?.close();
    this.#windows.get(this.#id)?.end();
    this.#windows.clear();
    this.#tabs?.close();
    for (const release of this.#releaseLocks.splice(0)) release();
  }
}
