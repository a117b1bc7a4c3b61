import { stat } from 'node:fs/promises';
import { checkLinearizable, checkSessionOrder, type FinalDocument, type HistoryOperation } from '@raft-mesh/simulator';
import { readHistory } from '../history/history-file.ts';

export interface HistoryJudgement {
  readonly operations: number;
  readonly acknowledged: number;
  /** Acknowledged writes that are not there at the end, and of which nothing later took the place. */
  readonly lost: number;
  readonly linearizable: boolean;
  /** What is wrong, in words; empty when nothing is. */
  readonly problems: readonly string[];
}

/** So much of a history is held in memory at a time. */
const passBytes = 48 * 1024 * 1024;
const problemsMax = 20;

/**
 * Judges a history file against every document that there is at the end. Keys are judged apart, as linearizability is local, and so many at
 * a time that memory stays bounded. An order that could not be found within the steps allowed counts as none.
 */
export async function judgeHistory(path: string, final: ReadonlyMap<string, FinalDocument>, bytesAtOnce = passBytes): Promise<HistoryJudgement> {
  const passes = Math.max(1, Math.ceil((await stat(path)).size / bytesAtOnce));
  const versions = new Map<number, string>();
  const problems: string[] = [];
  const lostWrites = new Set<string>();
  let [operations, acknowledged, linearizable] = [0, 0, true];
  for (let pass = 0; pass < passes; pass += 1) {
    const byKey = new Map<string, HistoryOperation[]>();
    for await (const operation of readHistory(path, (line) => bucketOf(keyIn(line)) % passes === pass)) {
      operations += 1;
      if (operation.outcome === 'ok') acknowledged += 1;
      const others = byKey.get(operation.key);
      if (others === undefined) byKey.set(operation.key, [operation]);
      else others.push(operation);
    }
    for (const [key, history] of byKey) {
      for (const lost of lostOf(key, history, final.get(key) ?? null, versions)) {
        if (!lostWrites.has(lost)) problems.push(`lost: ${lost}`);
        lostWrites.add(lost);
      }
      const order = checkSessionOrder(history, new Map([...final].filter(([finalKey]) => finalKey === key)));
      const result = checkLinearizable(history);
      if (order.ok && result.ok) continue;
      linearizable = false;
      if (!order.ok) problems.push(`${order.promise}: ${order.explanation}`);
      if (!result.ok) problems.push(`${result.verdict === 'undecided' ? 'not judged' : 'not linearizable'}: ${result.explanation}`);
    }
  }
  return { operations, acknowledged, lost: lostWrites.size, linearizable, problems: problems.slice(0, problemsMax) };
}

/** Without reading the whole line. */
function keyIn(line: string): string {
  return /"key":("(?:[^"\\]|\\.)*")/.exec(line)?.[1] ?? '';
}

/** FNV-1a. */
function bucketOf(key: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) value = Math.imul(value ^ key.charCodeAt(at), 0x01000193);
  return value >>> 0;
}

/** A version is the index of a log entry: over all keys, two acknowledged writes that have the same one are a write that another took the place of. */
function lostOf(key: string, history: readonly HistoryOperation[], final: FinalDocument | null, versions: Map<number, string>): readonly string[] {
  const lost: string[] = [];
  const isDeleted = history.some(({ op, outcome }) => op === 'delete' && outcome !== 'refused');
  for (const operation of history) {
    const written = writtenBy(operation);
    if (written === null) continue;
    const name = `${operation.client} wrote ${key} version ${written.version}`;
    const other = versions.get(written.version);
    if (other !== undefined) lost.push(`${other} (${name}, too)`);
    versions.set(written.version, name);
    if (isDeleted) continue;
    if (final === null || final.version < written.version) lost.push(`${name}; at the end there is ${final === null ? 'no document' : `version ${final.version}`}`);
    else if (written.appended !== null && !isIn(final.value, written.appended)) lost.push(`${name}, which appended ${JSON.stringify(written.appended)}: it is not in the list`);
  }
  return lost;
}

interface Written { readonly version: number; /** The last item, where a list was written: nobody takes items out. */ readonly appended: unknown }

function writtenBy({ op, outcome, in: asked, out }: HistoryOperation): Written | null {
  if (outcome !== 'ok' || (op !== 'put' && op !== 'compareAndSet')) return null;
  const { version, conflict } = Object(out) as { readonly version?: unknown; readonly conflict?: unknown };
  if (conflict === true || typeof version !== 'number') return null;
  const { value } = Object(asked) as { readonly value?: unknown };
  return { version, appended: Array.isArray(value) ? (value as unknown[]).at(-1) ?? null : null };
}

function isIn(list: unknown, item: unknown): boolean {
  return Array.isArray(list) && list.some((other) => other === item);
}
