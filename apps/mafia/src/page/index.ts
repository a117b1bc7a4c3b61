import { fileURLToPath } from 'node:url';

/** Where `vite build` puts the page: an absolute path to a folder of static files. */
export const pageDirectory: string = fileURLToPath(new URL('../../build', import.meta.url));
