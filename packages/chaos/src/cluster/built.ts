import { fileURLToPath } from 'node:url';

/** A program of this package, as it is built. */
export const built = (name: string): string => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));
