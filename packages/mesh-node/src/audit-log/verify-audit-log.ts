import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { auditFiles } from './audit-files.ts';
import { chainStart, decodeAuditLine } from './audit-line.ts';
import type { AuditFields, ChainEnd } from './audit-line.ts';

export type AuditVerification =
  | { readonly ok: true; readonly files: number; readonly entries: number; readonly first: number; readonly last: number; readonly lastHash: string }
  /** `line` counts from 1 in its file. */
  | { readonly ok: false; readonly file: string; readonly line: number; readonly reason: string };

const lineCharactersMax = 64 * 1024;

/**
 * Reads a whole log and names the first line that is not as it was written. What it cannot see by itself is that lines were taken off the end: `includes`,
 * an end of the chain that was noted before, must then be there. Files that the log itself removed are not missed, for it says so further on.
 */
export async function verifyAuditLog(directory: string, includes: ChainEnd | null = null): Promise<AuditVerification> {
  const files = await auditFiles(directory);
  const [oldest] = files;
  if (oldest === undefined) return { ok: false, file: directory, line: 0, reason: 'there is no audit log' };
  let end: ChainEnd | null = oldest.firstSequence === 1 ? chainStart : null;
  let entries = 0;
  let first: ChainEnd | null = null;
  let isIncluded = includes === null;
  let isRemovalNoted = oldest.firstSequence === 1;
  let beforeFirst: string | null = null;
  for (const { name, firstSequence } of files) {
    let number = 0;
    for await (const { text, isWhole } of linesOf(path.join(directory, name))) {
      number += 1;
      const bad = (reason: string): AuditVerification => ({ ok: false, file: name, line: number, reason });
      if (!isWhole) return bad('it has no end: a crash while writing leaves such a line, and the next start takes it off');
      const line = decodeAuditLine(text);
      if (!line.ok) return bad(line.reason);
      if (number === 1 && line.end.sequence !== firstSequence) return bad(`it is number ${line.end.sequence}; the file's name says ${firstSequence}: lines or files are missing before it`);
      if (end !== null && line.end.sequence !== end.sequence + 1) return bad(`it is number ${line.end.sequence}, after ${end.sequence}: lines are missing or were put in before it`);
      if (end !== null && line.previous !== end.hash) return bad('it does not follow the line before: that one was changed, taken out or put in');
      beforeFirst ??= line.previous;
      isRemovalNoted ||= notesRemoval(line.fields, oldest.firstSequence - 1, beforeFirst);
      isIncluded ||= line.end.sequence === includes?.sequence && line.end.hash === includes.hash;
      first ??= line.end;
      end = line.end;
      entries += 1;
    }
  }
  if (first === null || end === null) return { ok: false, file: oldest.name, line: 1, reason: 'it is empty' };
  if (!isRemovalNoted) return { ok: false, file: oldest.name, line: 1, reason: `what came before number ${oldest.firstSequence} is missing, and nothing in the log says that it was removed` };
  if (!isIncluded) return { ok: false, file: files.at(-1)?.name ?? '', line: 0, reason: `number ${includes?.sequence ?? 0} with the hash that was noted is not there: lines were taken off, or the log was made anew` };
  return { ok: true, files: files.length, entries, first: first.sequence, last: end.sequence, lastHash: end.hash };
}

function notesRemoval({ event, lastSequence, lastHash }: AuditFields, sequence: number, hash: string): boolean {
  return event === 'auditFileRemoved' && lastSequence === sequence && (lastHash === hash || lastHash === null);
}

/** Line by line; a line too long to be one of ours is given cut. */
async function* linesOf(file: string): AsyncGenerator<{ readonly text: string; readonly isWhole: boolean }> {
  let endsWhole = true;
  const stream = createReadStream(file);
  stream.on('data', (chunk) => { endsWhole = chunk.at(-1) === 10 || chunk.at(-1) === '\n'; });
  let held: string | null = null;
  for await (const text of createInterface({ input: stream, crlfDelay: Infinity })) {
    if (held !== null) yield { text: held.slice(0, lineCharactersMax), isWhole: true };
    held = text;
  }
  if (held !== null) yield { text: held.slice(0, lineCharactersMax), isWhole: endsWhole };
}
