import { AcknowledgedDurable } from './acknowledged-durable.ts';
import type { Checker } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import { CommittedImmutable } from './committed-immutable.ts';
import { CommittedOnQuorum } from './committed-on-quorum.ts';
import { ConfigurationSafety } from './configuration-safety.ts';
import { DigestEquality } from './digest-equality.ts';
import { ElectionSafety } from './election-safety.ts';
import { ExactlyOnce } from './exactly-once.ts';
import { LeaderCompleteness } from './leader-completeness.ts';
import { LeaderIsHeard } from './leader-is-heard.ts';
import { LogMatching } from './log-matching.ts';
import { LogTimeMonotone } from './log-time-monotone.ts';
import { MovedDevices } from './moved-devices.ts';
import { Monotone } from './monotone.ts';
import { NoUnexpectedStop } from './no-unexpected-stop.ts';
import { ProgressIsTrue } from './progress-is-true.ts';
import { ReadIndexSafety } from './read-index-safety.ts';
import { StateMachineSafety } from './state-machine-safety.ts';
import { VoteOnce } from './vote-once.ts';
import { VotersHaveCome } from './voters-have-come.ts';
import { WatermarkOrder } from './watermark-order.ts';

/** Every promise that is watched during a run: a fresh set for each run. What tells most of a failure comes first. */
export function allCheckers(): readonly Checker[] {
  const mirror = new ClusterMirror();
  return [
    new VoteOnce(mirror),
    new AcknowledgedDurable(mirror),
    new ElectionSafety(mirror),
    new Monotone(mirror),
    new LogMatching(mirror),
    new LogTimeMonotone(mirror),
    new ConfigurationSafety(mirror),
    new VotersHaveCome(mirror),
    new CommittedOnQuorum(mirror),
    new ProgressIsTrue(mirror),
    new LeaderCompleteness(mirror),
    new CommittedImmutable(mirror),
    new WatermarkOrder(mirror),
    new LeaderIsHeard(mirror),
    new ReadIndexSafety(mirror),
    new StateMachineSafety(mirror),
    new ExactlyOnce(mirror),
    new MovedDevices(),
    new DigestEquality(),
    new NoUnexpectedStop(),
  ];
}
