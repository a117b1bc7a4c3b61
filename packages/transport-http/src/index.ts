export { createHttpDialer } from './dialer.ts';
export type { HttpDialerOptions } from './dialer.ts';
