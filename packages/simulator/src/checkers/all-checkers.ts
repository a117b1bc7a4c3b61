import type { Checker } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import { CommittedOnQuorum } from './committed-on-quorum.ts';
import { DigestEquality } from './digest-equality.ts';
import { ElectionSafety } from './election-safety.ts';
import { LogMatching } from './log-matching.ts';
import { StateMachineSafety } from './state-machine-safety.ts';

/** Every promise that is watched during a run, none of them with a past: a fresh set for each run. */
export function allCheckers(): readonly Checker[] {
  const mirror = new ClusterMirror();
  return [
    new ElectionSafety(mirror),
    new LogMatching(mirror),
    new CommittedOnQuorum(mirror),
    new StateMachineSafety(mirror),
    new DigestEquality(),
  ];
}
