import type { control } from '@raft-mesh/protocol';
import { succeeded, verifyHostProof } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import type { ControlStore, ListedRecord, Page, RecordContent } from '../state-manager/control-store.ts';
import { StoredDocumentError } from '../state-manager/stored-document.ts';
import { hostDocument } from './host-record.ts';
import type { HostRecord } from './host-record.ts';
import { Orders } from './orders.ts';
import { problems } from './problems.ts';

export interface HostTimes {
  /** How often a host says that it lives. Default 1,000. */
  readonly beatIntervalMs?: number;
  /** A host that has not been heard for so long is gone, and its managers are placed elsewhere. Default 30,000. */
  readonly goneAfterMs?: number;
}

type Stored = { readonly record: HostRecord; readonly version: string };

export const hostsMax = 1_000;
const attemptsMax = 16;
/** That a host lives is written down this many times in the time after which it would be gone, and not at each beat. */
const writesBeforeGone = 4;

/** The hosts that run managers for this control plane: who they are, that they live, what they have still to do. */
export class Hosts {
  readonly #store: ControlStore;
  readonly #nowMs: () => number;
  readonly #orders: Orders;
  readonly #beatIntervalMs: number;
  readonly #goneAfterMs: number;

  /** `nowMs`: wall clock. */
  constructor(store: ControlStore, nowMs: () => number, times: HostTimes = {}) {
    this.#store = store;
    this.#nowMs = nowMs;
    this.#orders = new Orders(store);
    this.#beatIntervalMs = times.beatIntervalMs ?? 1_000;
    this.#goneAfterMs = times.goneAfterMs ?? 30_000;
  }

  /** The same host again, with its key, may bring other apps and another bound; its address stays, for its managers' addresses are made of it. */
  async register(body: control.RegisterHost): Promise<Result<control.HostDescription>> {
    if (!/^[A-Za-z0-9_-]{43}$/.test(body.publicKey)) return problems.publicKeyInvalid();
    if (!isHostUrl(body.url)) return problems.hostUrlInvalid();
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const stored = await this.#read(body.host);
      const own = { apps: [...body.apps], managersMax: body.managersMax, lastSeenMs: this.#nowMs(), isEmptied: false };
      if (stored !== null) {
        const { record, version } = stored;
        if (record.publicKey !== body.publicKey || record.url !== body.url) return problems.hostExists(body.host);
        const next = { ...record, ...own };
        if (await this.#store.replace('hosts', body.host, contentOf(next), version)) return succeeded(this.describe(next));
        continue;
      }
      if (await this.#store.count('hosts') >= hostsMax) return problems.tooManyHosts(hostsMax);
      const record: HostRecord = { host: body.host, url: body.url, publicKey: body.publicKey, ...own, registeredAtMs: this.#nowMs(), acknowledged: 0, managers: 0, isDraining: false };
      if (await this.#store.create('hosts', body.host, contentOf(record))) return succeeded(this.describe(record));
    }
    return problems.changedMeanwhile();
  }

  async find(host: string): Promise<Result<HostRecord>> {
    const stored = await this.#read(host);
    return stored === null ? problems.hostNotFound(host) : succeeded(stored.record);
  }

  /** Records that cannot be read are passed over. */
  async list(page: Page): Promise<control.HostList> {
    const listed = await this.#store.list('hosts', page);
    return { hosts: readable(listed).map((record) => this.describe(record)), next: listed.length < page.limit ? null : (listed.at(-1)?.id ?? null) };
  }

  async all(): Promise<readonly HostRecord[]> {
    return readable(await this.#store.list('hosts', { limit: hostsMax, after: null }));
  }

  /** Forgets a host on which nothing is placed any more; one that is forgotten cannot come back by its key. */
  async remove(host: string): Promise<Result<null>> {
    const stored = await this.#read(host);
    if (stored === null) return problems.hostNotFound(host);
    const { isEmptied, isDraining, managers } = stored.record;
    if (!isEmptied && (managers > 0 || !(isDraining || this.isGone(stored.record)))) return problems.hostInUse(host);
    await this.#orders.removeThrough(host, Number.MAX_SAFE_INTEGER);
    await this.#store.remove('hosts', host);
    return succeeded(null);
  }

  /** Nothing is placed any more on a host that drains, and what is there moves to others (`Replacement`). That it does so stays, whatever the host's process does, until it is taken back. */
  async setDraining(host: string, isDraining: boolean): Promise<Result<control.HostDescription>> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const stored = await this.#read(host);
      if (stored === null) return problems.hostNotFound(host);
      const next = { ...stored.record, isDraining };
      if (stored.record.isDraining === isDraining || await this.#store.replace('hosts', host, contentOf(next), stored.version)) return succeeded(this.describe(next));
    }
    return problems.changedMeanwhile();
  }

  /** Checks a proof against the key that the host registered. */
  async authenticate(host: string, proof: string): Promise<Result<HostRecord>> {
    const stored = await this.#read(host);
    if (stored === null) return problems.notAuthenticated();
    const verified = await verifyHostProof(proof, stored.record.publicKey, this.#nowMs());
    if (!verified.ok) return problems.hostProofRefused(verified.error.message);
    return verified.claims.host === host ? succeeded(stored.record) : problems.hostProofRefused('The proof is another host\'s.');
  }

  /** A host lives, and has got so far; it is told what else there is. */
  async beat(known: HostRecord, { acknowledged, managers }: control.BeatHost): Promise<Result<control.HostBeat>> {
    for (let attempt = 0; ; attempt += 1) {
      const stored = await this.#read(known.host);
      if (stored === null) return problems.hostNotFound(known.host);
      const { record, version } = stored;
      const isNews = record.acknowledged < acknowledged || record.managers !== managers || record.isEmptied || this.#nowMs() - record.lastSeenMs > this.#goneAfterMs / writesBeforeGone;
      const next = { ...record, acknowledged: Math.max(record.acknowledged, acknowledged), managers, isEmptied: false, lastSeenMs: this.#nowMs() };
      if (!isNews || await this.#store.replace('hosts', known.host, contentOf(next), version)) {
        if (record.acknowledged < acknowledged) await this.#orders.removeThrough(known.host, acknowledged);
        break;
      }
      if (attempt === attemptsMax) return problems.changedMeanwhile();
    }
    return succeeded({ orders: [...await this.#orders.after(known.host, acknowledged)], beatAgainAfterMs: this.#beatIntervalMs });
  }

  /** Tells a host to do something, as soon as it asks. For one that is not known any more there is nobody to tell. */
  async order(host: string, order: Omit<control.HostOrder, 'number'>): Promise<void> {
    if (await this.#read(host) === null) return;
    await this.#orders.add(host, order, async () => (await this.#read(host))?.record.acknowledged ?? 0);
  }

  /** Nothing is placed on a host that is gone; it is not looked at again until it comes back. */
  async markEmptied(host: string): Promise<void> {
    const stored = await this.#read(host);
    if (stored !== null && this.isGone(stored.record)) await this.#store.replace('hosts', host, contentOf({ ...stored.record, isEmptied: true }), stored.version);
  }

  isGone({ lastSeenMs }: HostRecord): boolean {
    return this.#nowMs() - lastSeenMs > this.#goneAfterMs;
  }

  describe(record: HostRecord): control.HostDescription {
    const { host, url, apps, managersMax, managers, registeredAtMs, lastSeenMs } = record;
    const state = this.isGone(record) ? 'gone' : !record.isDraining ? 'alive' : managers > 0 ? 'draining' : 'drained';
    return { host, url, apps, managersMax, managers, state, registeredAt: new Date(registeredAtMs).toISOString(), lastSeenAt: new Date(lastSeenMs).toISOString() };
  }

  async #read(host: string): Promise<Stored | null> {
    if (!/^[a-z0-9-]{1,32}$/.test(host)) return null;
    const record = await this.#store.read('hosts', host);
    return record === null ? null : { record: hostDocument.read(host, record.value), version: record.version };
  }
}

/** One record that is damaged, or newer, must not hide the others. */
function readable(listed: readonly ListedRecord[]): readonly HostRecord[] {
  return listed.flatMap(({ id, record }) => {
    try {
      return record === null ? [] : [hostDocument.read(id, record.value)];
    } catch (error) {
      if (error instanceof StoredDocumentError) return [];
      throw error;
    }
  });
}

function contentOf(record: HostRecord): RecordContent {
  return { value: hostDocument.write(record), bytes: null };
}

function isHostUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, search, hash, pathname } = new URL(url);
  return (protocol === 'http:' || protocol === 'https:') && search === '' && hash === '' && pathname === '/';
}
