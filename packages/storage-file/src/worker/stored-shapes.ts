import type { StoredCommand, StoredOutcome, WorkerIdentity } from '@raft-mesh/mesh';
import type { JournalItem } from './journal.ts';

// A line's checksum says that it is what was written; these say that what was written is what this version means. A field of another shape
// would otherwise be found much later, in the middle of a run.

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {});
const isText = (value: unknown): boolean => typeof value === 'string';
const isTextOrNull = (value: unknown): boolean => value === null || isText(value);
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isPositive = (value: unknown): boolean => isWhole(value) && value !== 0;
/** The next one can be counted too. */
const isSequence = (value: unknown): boolean => isPositive(value) && value !== Number.MAX_SAFE_INTEGER;

export function isWorkerIdentity(value: unknown): value is WorkerIdentity {
  const { mesh, incarnation, agent, name, resumeSecret, joinToken, session, sessionOpened, managers } = fieldsOf(value);
  return isText(mesh) && isPositive(incarnation) && isTextOrNull(agent) && isText(name) && isText(resumeSecret) && isTextOrNull(joinToken) && isText(session) && typeof sessionOpened === 'boolean'
    && Array.isArray(managers) && managers.every((manager) => { const { id, url } = fieldsOf(manager); return isText(id) && isText(url); });
}

export function isJournalItem(value: unknown): value is JournalItem {
  const { type, session, nextSequence, outcomesBytes, outcomesGeneration, command } = fieldsOf(value);
  switch (type) {
    case 'start': return isText(session) && isPositive(nextSequence) && isWhole(outcomesBytes) && (outcomesGeneration === undefined || isWhole(outcomesGeneration));
    case 'command': return isStoredCommand(command);
    default: return false;
  }
}

function isStoredCommand(value: unknown): value is StoredCommand {
  const fields = fieldsOf(value);
  return isText(fields['session']) && isSequence(fields['sequence']) && isText(fields['module']) && isText(fields['command']) && Object.hasOwn(fields, 'arguments');
}

export function isStoredOutcome(value: unknown): value is StoredOutcome {
  const { session, sequence, outcome } = fieldsOf(value);
  if (!isText(session) || !isSequence(sequence)) return false;
  const { status, index, refusal, reason } = fieldsOf(outcome);
  switch (status) {
    case 'committed': return isPositive(index) && Object.hasOwn(fieldsOf(outcome), 'answer');
    case 'refused': return isPositive(index) && isText(fieldsOf(refusal)['code']) && isText(fieldsOf(refusal)['message']);
    case 'unknown': return isText(reason);
    default: return false;
  }
}
