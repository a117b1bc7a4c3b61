export { WebSocketListener } from './listener.ts';
export type { WebSocketListenerOptions } from './listener.ts';
