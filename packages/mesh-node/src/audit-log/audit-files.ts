import { readdir } from 'node:fs/promises';
import { errorCode } from '../error-code.ts';

const pattern = /^audit-([0-9]{16})\.jsonl$/;

export function auditFileName(firstSequence: number): string {
  return `audit-${String(firstSequence).padStart(16, '0')}.jsonl`;
}

/** The files of the log that is kept in a directory, the oldest first; none when there is no such directory. */
export async function auditFiles(directory: string): Promise<readonly { readonly name: string; readonly firstSequence: number }[]> {
  try {
    const names = (await readdir(directory)).filter((name) => pattern.test(name)).sort((a, b) => (a < b ? -1 : 1));
    return names.map((name) => ({ name, firstSequence: Number(pattern.exec(name)?.[1]) }));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
