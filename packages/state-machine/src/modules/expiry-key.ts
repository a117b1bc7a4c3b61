const timeDigits = 16;

/** A key that sorts by time, then by what it is about. Log times are whole ms, at most 16 digits. */
export function expiryKey(atMs: number, about: string): string {
  return `${String(Math.floor(atMs)).padStart(timeDigits, '0')}/${about}`;
}

/** The time in ms of such a key. */
export function expiryTimeMs(key: string): number {
  return Number(key.slice(0, timeDigits));
}
