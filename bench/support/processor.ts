import { readFileSync } from 'node:fs';

/** User and system time of these processes together, in ms; Linux only, else not a number. */
export function processorMs(pids: readonly number[]): number {
  if (process.platform !== 'linux') return Number.NaN;
  // Of a line of /proc/PID/stat: user and system time in hundredths of a second.
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) * 10;
  }, 0);
}
