export { WebSocketListener } from './listener.ts';
export type { WebSocketListenerOptions } from './listener.ts';
export { watchSocket } from './connection-watch.ts';
