import { execFileSync } from 'node:child_process';

const checkIntervalMs = 500;

/**
 * npm does not tell its scripts when it is killed, so its process is watched; and the shell's, where npm ran us in one.
 * Does nothing when npm did not start us.
 */
export function whenNpmIsGone(then: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const ancestors = /(^|\/)(sh|dash|bash|zsh) -c /.test(describe('args', parent)) ? [parent, Number(describe('ppid', parent))] : [parent];
  const timer = setInterval(() => {
    if (process.ppid === parent && ancestors.every(isAlive)) return;
    clearInterval(timer);
    then();
  }, checkIntervalMs);
  timer.unref();
}

/** One column of `ps` for a process, empty when there is no telling. */
function describe(column: 'args' | 'ppid', pid: number): string {
  try {
    return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  if (pid === 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
