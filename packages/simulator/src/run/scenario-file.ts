import * as z from 'zod/mini';
import type { Target } from '../faults/fault.ts';
import type { Scenario } from '../scenario/scenario.ts';

const whole = z.int().check(z.minimum(0));
const ms = z.number().check(z.minimum(0), z.maximum(3_600_000));
const perMille = z.number().check(z.minimum(0), z.maximum(1000));
const target: z.ZodMiniType<Target> = z.union([whole, z.literal('leader'), z.literal('follower')]);
const at = { atMs: ms };
const struck = { ...at, target };
const forAWhile = { ...struck, forMs: ms };

const scheduledFault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('partition'), ...at, minority: z.array(target), direction: z.enum(['both', 'in', 'out']), forMs: ms }),
  z.strictObject({ kind: z.literal('partialConnectivity'), ...at, cuts: z.array(z.tuple([whole, whole])), forMs: ms }),
  z.strictObject({ kind: z.literal('clog'), ...at, from: target, to: target, forMs: ms }),
  z.strictObject({ kind: z.literal('slowLink'), ...at, from: target, to: target, delayMs: ms, forMs: ms }),
  z.strictObject({ kind: z.literal('linkBreak'), ...struck }),
  z.strictObject({ kind: z.literal('diskSlow'), ...forAWhile, flushMs: ms }),
  z.strictObject({ kind: z.literal('diskHang'), ...forAWhile }),
  z.strictObject({ kind: z.literal('flushFailure'), ...struck }),
  z.strictObject({ kind: z.literal('diskFull'), ...forAWhile }),
  z.strictObject({ kind: z.literal('bitFlip'), ...struck }),
  z.strictObject({ kind: z.literal('misdirectedWrite'), ...struck }),
  z.strictObject({ kind: z.literal('crash'), ...struck, when: z.enum(['now', 'writing']), downMs: ms }),
  z.strictObject({ kind: z.literal('crashAll'), ...at, downMs: ms }),
  z.strictObject({ kind: z.literal('pause'), ...forAWhile }),
  z.strictObject({ kind: z.literal('wipe'), ...struck, downMs: ms }),
  z.strictObject({ kind: z.literal('workerCrash'), ...at, worker: whole, downMs: ms }),
  z.strictObject({ kind: z.literal('clockStep'), ...struck, byMs: z.number() }),
  z.strictObject({ kind: z.literal('clockPause'), ...forAWhile }),
  z.strictObject({ kind: z.literal('join'), ...at }),
  z.strictObject({ kind: z.literal('leave'), ...struck }),
  z.strictObject({ kind: z.literal('replace'), ...struck }),
  z.strictObject({ kind: z.literal('reshape'), ...at, targets: z.array(target).check(z.maxLength(9)) }),
  z.strictObject({ kind: z.literal('transfer'), ...at, to: z.nullable(target) }),
  z.strictObject({ kind: z.literal('forceSnapshot'), ...struck }),
  z.strictObject({ kind: z.literal('sessionExpiry'), ...at, worker: whole }),
  z.strictObject({ kind: z.literal('deviceMove'), ...at, worker: whole }),
]);

/** Every kind of fault must be one that can be read again. */
type ReadKind = z.infer<typeof scheduledFault>['kind'];

const bound = z.exactOptional(z.int().check(z.minimum(1)));
const raft = z.strictObject({
  heartbeatIntervalMs: bound, electionTimeoutMinMs: bound, electionTimeoutMaxMs: bound, appendBytesMax: bound, inflightMessagesMax: bound, inflightBytesMax: bound, snapshotChunkBytesMax: bound,
});

const schema: z.ZodMiniType<Scenario> = z.strictObject({
  seed: whole,
  managers: z.int().check(z.minimum(1), z.maximum(7)),
  durationMs: ms,
  clients: z.strictObject({ documents: z.int().check(z.minimum(0), z.maximum(100)), players: z.int().check(z.minimum(0), z.maximum(100)), keys: z.int().check(z.minimum(1), z.maximum(10_000)), pauseMs: ms, atOnce: z.exactOptional(z.int().check(z.minimum(1), z.maximum(100))) }),
  tuning: z.strictObject({ snapshotLogBytes: whole, snapshotKeepEntries: whole, quiesceAfterMs: z.nullable(ms), workerHeartbeatIntervalMs: ms.check(z.minimum(1)), sessionLifetimeMs: z.exactOptional(ms), raft: z.exactOptional(raft) }),
  network: z.strictObject({
    delayMinMs: ms, delayMeanMs: ms, lossPerMille: perMille, duplicatePerMille: perMille, reorderPerMille: perMille, replayPerMille: perMille,
    pathCapacity: z.nullable(whole.check(z.minimum(1))),
  }),
  disk: z.strictObject({ flushMinMs: ms, flushMeanMs: ms, tornPerMille: perMille, files: z.exactOptional(z.strictObject({ segmentBytesMax: whole })) }),
  clockDriftPpm: z.array(z.number()).check(z.maxLength(100)),
  faults: z.array(scheduledFault).check(z.maxLength(10_000)),
});

export type ReadScenario =
  | { readonly ok: true; readonly scenario: Scenario }
  /** `problem` says where it is wrong, for people. */
  | { readonly ok: false; readonly problem: string };

/** The text of a scenario file: what `readScenario` reads, made for people to change. */
export function writeScenario(scenario: Scenario): string {
  // One fault a line: a shrunk scenario is read more often than it is run.
  const { faults, ...rest } = scenario;
  const lines = faults.map((fault) => `    ${JSON.stringify({ ...fault, kind: fault.kind satisfies ReadKind })}`);
  const listed = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  return `${JSON.stringify(rest, null, 2).slice(0, -2)},\n  "faults": ${listed}\n}\n`;
}

/** Reads what `writeScenario` wrote, or somebody by hand. */
export function readScenario(text: string): ReadScenario {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, scenario: parsed.data };
  const [issue] = parsed.error.issues;
  const path = issue === undefined ? '' : issue.path.join('.');
  if (issue?.code === 'unrecognized_keys') return { ok: false, problem: `${path === '' ? 'it' : path} has fields that mean nothing: ${issue.keys.join(', ')}` };
  return { ok: false, problem: `${path === '' ? 'it' : path} does not fit (${issue?.code ?? 'invalid'})` };
}
