import { jsonProblem } from '@raft-mesh/state-machine';
import * as z from 'zod/mini';
import { startArguments } from '../arguments.ts';
import { playersMax } from '../limits.ts';
import { everyNightAction } from '../night-actions.ts';
import { isHash } from '../proof/hashes.ts';
import type { GameRecord } from '../proof/record.ts';

// What a record must look like before anything is made of it. Only what goes into a step is looked at: what came of it is compared as a whole.

const whole = z.int().check(z.gte(0));
const id = z.string().check(z.minLength(1), z.maxLength(64));
const hash = z.custom<string>(isHash, 'must be 64 hexadecimal digits');
const text = z.string().check(z.maxLength(256));
/** Nobody does more in one phase than one thing for each of their actions. */
const few = <Each extends z.ZodMiniType>(each: Each) => z.array(each).check(z.maxLength(playersMax * 4));
const step = { number: whole, atMs: z.number().check(z.gte(0)), head: hash };
const votes = few(z.object({ by: id, target: z.nullable(id) }));

const entry = z.discriminatedUnion('kind', [
  z.object({
    ...step, kind: z.literal('sealed'), game: whole, by: id, commitment: hash, commitments: few(z.object({ by: id, hash })),
    seats: few(z.object({ id, name: text, bot: z.nullable(text) })), options: z.custom((options) => startArguments.safeParse({ game: 0, phase: 'lobby', round: 0, options }).success, 'must be the rules of a game'),
  }),
  z.object({ ...step, kind: z.literal('dealt'), contributions: few(z.object({ by: id, nonce: hash })) }),
  z.object({ ...step, kind: z.literal('night'), choices: few(z.object({ by: id, action: z.enum(everyNightAction), target: z.nullable(id) })) }),
  z.object({
    ...step, kind: z.literal('ballot'), round: whole, ballot: whole, endedBy: z.enum(['majority', 'time']), deadlineMs: z.number(), votes, abstained: few(id), present: few(id),
    judgements: z.nullable(few(z.object({ by: id, verdict: z.enum(['guilty', 'innocent', 'abstain']) }))),
  }),
  z.object({ ...step, kind: z.literal('extended'), by: few(id), deadlineMs: z.number() }),
  z.object({ ...step, kind: z.literal('revealed'), by: id }),
  z.object({ ...step, kind: z.literal('stopped'), by: id }),
]);

const record = z.object({ format: z.literal('mafia-record'), rules: whole, game: whole, secret: hash, isCut: z.boolean(), entries: z.array(z.custom(() => true)).check(z.maxLength(100_000)) });

/** What was read: a record; or what is wrong with it, and from which entry on (0: the record as such). */
export type Read = { readonly ok: true; readonly record: GameRecord } | { readonly ok: false; readonly entry: number; readonly problem: string };

function problemIn(schema: z.ZodMiniType, value: unknown): string | null {
  const result = schema.safeParse(value);
  if (result.success) return null;
  const [issue] = result.error.issues;
  return `${issue?.path.map(String).join('.') || 'it'}: ${issue?.message ?? 'not as it must be'}`;
}

/** Looks at what is said to be a record. Nothing is left out or put right, so that whatever was added shows when it is compared. */
export function readRecord(value: unknown): Read {
  const problem = jsonProblem(value) ?? problemIn(record, value);
  if (problem !== null) return { ok: false, entry: 0, problem };
  const read = value as GameRecord;
  for (const [place, each] of read.entries.entries()) {
    const wrong = problemIn(entry, each);
    if (wrong !== null) return { ok: false, entry: place + 1, problem: wrong };
  }
  return { ok: true, record: read };
}
