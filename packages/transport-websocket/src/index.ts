export { createWebSocketDialer } from './dialer.ts';
export type { WebSocketDialerOptions } from './dialer.ts';
export { linksPath, subprotocol } from './endpoint.ts';
