import type { Configuration } from './configuration.ts';
import type { LogIndex, NodeId } from './identity.ts';
import type { Settings } from './options.ts';
import { Progress } from './progress.ts';
import { peersOf } from './quorum.ts';

/** What a node holds only while it leads one term. */
export class Leadership {
  readonly startedAtMs: number;
  /** The no-op of this term: once it is committed, so is everything before it. */
  readonly noopIndex: LogIndex;
  readonly progress = new Map<NodeId, Progress>();
  readonly #options: Settings;
  #configuration: Configuration | null = null;
  readonly #logTimeAtStartMs: number;
  #sleptMs = 0;
  uncommittedBytes: number;
  /** Rises with each round of heartbeats; deadlines are counted from the start, so late timers do not add up. */
  nextHeartbeatAtMs: number;
  /** When peers that were not told yet what is committed must be; infinite when nobody waits. */
  announceCommitAtMs = Infinity;
  /** What is committed up to here was more than commands: who does not know it is told at once. */
  urgentCommitIndex: LogIndex = 0;
  /** Silence before this is our own: we were asleep, or not yet leading. */
  awakeSinceMs: number;
  /** The newest read context handed out and not yet confirmed, 0 when no read waits. Goes with every append. */
  readContext = 0;

  constructor(options: Settings, configuration: Configuration, lastIndex: LogIndex, logTimeMs: number, uncommittedBytes: number, nowMs: number) {
    this.#options = options;
    this.startedAtMs = nowMs;
    this.noopIndex = lastIndex + 1;
    this.#logTimeAtStartMs = logTimeMs;
    this.uncommittedBytes = uncommittedBytes;
    this.nextHeartbeatAtMs = nowMs + options.heartbeatIntervalMs;
    this.awakeSinceMs = nowMs;
    this.adopt(configuration, lastIndex + 1);
  }

  /** Follows the configuration in force, whose entry or an earlier one is at `index`: new peers are probed from there, those that are gone are told. */
  adopt(configuration: Configuration, index: LogIndex): void {
    if (configuration === this.#configuration) return;
    this.#configuration = configuration;
    const { id: self, inflightMessagesMax, inflightBytesMax } = this.#options;
    const peers = new Set(peersOf(configuration, self));
    for (const id of peers) {
      const progress = this.progress.get(id);
      if (progress === undefined) this.progress.set(id, new Progress(id, index, inflightMessagesMax, inflightBytesMax));
      else progress.leaving = null;
    }
    for (const progress of this.progress.values()) if (!peers.has(progress.id)) progress.leaving ??= { index, untilMs: null };
  }

  /** This process did not run for so long: nobody led meanwhile, and time without a leader does not pass. */
  slept(sleptMs: number): void {
    this.#sleptMs += sleptMs;
  }

  /** Log time goes on from what was last known by this node's own monotonic clock, in whole ms. */
  logTimeMs(nowMs: number): number {
    return this.#logTimeAtStartMs + Math.round(nowMs - this.startedAtMs - this.#sleptMs);
  }
}
