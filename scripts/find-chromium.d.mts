/** Path of the browser that tests drive, `undefined` when there is none. */
export function findChromium(): string | undefined;
