import type { Page } from 'playwright/test';
import { decodeFrames, type WireMessage } from '@raft-mesh/protocol';

/** A message, the number of the connection that it went over, and which way. */
export interface Recorded { readonly connection: number; readonly way: 'sent' | 'received'; readonly message: WireMessage }

/** Every message between a page's worker and any manager, decoded from the raw WebSocket frames, in their order. */
export class FrameRecorder {
  readonly recorded: Recorded[] = [];
  readonly problems: string[] = [];

  constructor(page: Page) {
    let connections = 0;
    page.on('websocket', (socket) => {
      connections += 1;
      const connection = connections;
      socket.on('framesent', ({ payload }) => this.#note(connection, 'sent', payload));
      socket.on('framereceived', ({ payload }) => this.#note(connection, 'received', payload));
    });
  }

  #note(connection: number, way: Recorded['way'], payload: string | Uint8Array): void {
    if (typeof payload === 'string') {
      this.problems.push('a text frame');
      return;
    }
    const decoded = decodeFrames(new Uint8Array(payload));
    if (decoded.ok) this.recorded.push(...decoded.value.map((frame) => ({ connection, way, message: frame.message })));
    else this.problems.push(decoded.error.message);
  }
}
