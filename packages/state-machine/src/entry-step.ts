import type { JsonValue } from './json.ts';
import { jsonProblem } from './json-check.ts';
import type { Caller } from './agent.ts';
import type { Audience, CommandContext } from './module.ts';
import type { RandomPool } from './random-source.ts';
import { ReplicatedRandom } from './random-source.ts';

export interface EmittedEvent {
  readonly module: string;
  readonly event: JsonValue;
  readonly audience: Audience;
}

/** What a module did wrong while an entry was applied. For this manager's own log and metrics: `thrown` may differ between replicas. */
export interface ModuleFailure {
  readonly module: string;
  /** A command's name, or `expire`. */
  readonly step: string;
  readonly thrown: unknown;
}

const eventsPerStepMax = 1000;

/** One entry on its way through the modules: what they may know, and what they gave besides their states. */
export class EntryStep {
  readonly index: number;
  readonly logTimeMs: number;
  readonly events: EmittedEvent[] = [];
  readonly failures: ModuleFailure[] = [];
  readonly #pool: RandomPool;
  readonly #randoms: ReplicatedRandom[] = [];

  constructor(index: number, logTimeMs: number, pool: RandomPool) {
    this.index = index;
    this.logTimeMs = logTimeMs;
    this.#pool = pool;
  }

  /** The context of one step of one module; `caller` is `null` when it is the runtime. Its events count only once `keepEvents` is called. */
  begin(module: string, caller: Caller | null): { readonly context: CommandContext; readonly keepEvents: () => void } {
    const emitted: EmittedEvent[] = [];
    const context: CommandContext = {
      logTimeMs: this.logTimeMs,
      index: this.index,
      caller,
      random: this.#randomOf(module),
      emit: (event, audience) => {
        const problem = jsonProblem(event);
        if (problem !== null) throw new TypeError(`an event must be JSON: ${problem}`);
        if (emitted.length >= eventsPerStepMax) throw new TypeError(`a step may emit ${eventsPerStepMax} events`);
        emitted.push({ module, event, audience });
      },
    };
    return { context, keepEvents: () => { this.events.push(...emitted); } };
  }

  // One source for a module in an entry, so that what expires and the command after it never draw the same numbers.
  #randomOf(module: string): ReplicatedRandom {
    for (const known of this.#randoms) if (known.module === module) return known;
    const random = new ReplicatedRandom(this.#pool, this.index, module);
    this.#randoms.push(random);
    return random;
  }
}
