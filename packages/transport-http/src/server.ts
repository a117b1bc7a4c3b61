export { createHttpLinks } from './links.ts';
export type { HttpLinks, HttpLinksOptions } from './links.ts';
