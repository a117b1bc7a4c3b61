import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The git commit of this code, with `-changed` when files differ from it; `null` when it was installed from a package, or git is not there. */
export async function commitOfThisCode(): Promise<string | null> {
  const directory = dirname(fileURLToPath(import.meta.url));
  if (directory.includes('/node_modules/')) return null;
  try {
    const { stdout: commit } = await run('git', ['-C', directory, 'rev-parse', '--short=12', 'HEAD']);
    const { stdout: changes } = await run('git', ['-C', directory, 'status', '--porcelain', '--untracked-files=no']);
    return changes === '' ? commit.trim() : `${commit.trim()}-changed`;
  } catch {
    return null;
  }
}
