import type { Page } from 'playwright/test';
import { decodeFrames, type WireMessage } from '@raft-mesh/protocol';

/** Every message that a page's worker got from any manager, decoded from the raw WebSocket frames. */
export class FrameRecorder {
  readonly messages: WireMessage[] = [];
  readonly problems: string[] = [];

  constructor(page: Page) {
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => {
        if (typeof payload === 'string') {
          this.problems.push('a text frame');
          return;
        }
        const decoded = decodeFrames(new Uint8Array(payload));
        if (decoded.ok) this.messages.push(...decoded.value.map((frame) => frame.message));
        else this.problems.push(decoded.error.message);
      });
    });
  }
}
