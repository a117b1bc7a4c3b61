import type { Page } from 'playwright/test';
import { decodeFrames, type WireMessage } from '@raft-mesh/protocol';

/** A message, and the number of the connection that it came on. */
export interface Received { readonly connection: number; readonly message: WireMessage }

/** Every message that a page's worker got from any manager, decoded from the raw WebSocket frames. */
export class FrameRecorder {
  readonly received: Received[] = [];
  readonly problems: string[] = [];

  constructor(page: Page) {
    let connections = 0;
    page.on('websocket', (socket) => {
      connections += 1;
      const connection = connections;
      socket.on('framereceived', ({ payload }) => {
        if (typeof payload === 'string') {
          this.problems.push('a text frame');
          return;
        }
        const decoded = decodeFrames(new Uint8Array(payload));
        if (decoded.ok) this.received.push(...decoded.value.map((frame) => ({ connection, message: frame.message })));
        else this.problems.push(decoded.error.message);
      });
    });
  }
}
