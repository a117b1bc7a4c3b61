/** For this long after the leader was heard last, a follower at rest takes it that time passes: log time needs a leader. */
const leaderHeardMs = 2_500;

/** Log time at a follower whose group rests: nothing brings it any more, but the leader's clock goes on. In ms. */
export class FollowedLogTime {
  #toldMs = 0;
  #toldAtMs: number | null = null;

  /** The leader sent the group to rest, and said what time it was. */
  resting(logTimeMs: number, nowMs: number): void {
    this.#toldMs = logTimeMs;
    this.#toldAtMs = nowMs;
  }

  /** `coreMs`: what the core last heard. `leaderHeardAtMs`: clock reading of the last sign that the leader lives. */
  reading(coreMs: number, nowMs: number, leaderHeardAtMs: number | null): number {
    if (this.#toldAtMs === null || leaderHeardAtMs === null) return coreMs;
    const untilMs = Math.min(nowMs, leaderHeardAtMs + leaderHeardMs);
    return Math.max(coreMs, this.#toldMs + Math.max(0, untilMs - this.#toldAtMs));
  }
}
