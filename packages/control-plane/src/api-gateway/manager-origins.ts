import type { Meshes } from '../mesh-manager/meshes.ts';

/** With more meshes than this, the page's policy is wide anyway. */
const meshesMax = 64;
const freshMs = 1_000;

/** Where managers are, for the policy of the page: read again when it is a second old. Meshes that cannot be read are passed over. */
export class ManagerOrigins {
  readonly #meshes: Pick<Meshes, 'list'>;
  #urls: readonly string[] = [];
  #readAtMs = -Infinity;
  #reading: Promise<void> | null = null;

  constructor(meshes: Pick<Meshes, 'list'>) {
    this.#meshes = meshes;
  }

  get urls(): readonly string[] {
    return this.#urls;
  }

  /** They may have changed. */
  expire(): void {
    this.#readAtMs = -Infinity;
  }

  refresh(): Promise<void> {
    if (performance.now() - this.#readAtMs < freshMs) return Promise.resolve();
    this.#reading ??= this.#read().finally(() => { this.#reading = null; });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { meshes } = await this.#meshes.list({ limit: meshesMax, after: null });
    this.#urls = meshes.flatMap(({ managers }) => managers.map(({ url }) => url)).filter((url) => URL.canParse(url));
    this.#readAtMs = performance.now();
  }
}
