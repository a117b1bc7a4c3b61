import { limits } from '@raft-mesh/protocol';
import { atEndOfTask } from './defer.ts';

/**
 * Encoded frames on their way to one socket. What is sent during one task leaves as one WebSocket message
 * (or several, each within `messageBytesMax`): a system call and a header for each frame would cost more than the frame.
 */
export class Outbox {
  readonly #write: (data: Uint8Array) => void;
  #frames: Uint8Array[] = [];
  #bytes = 0;
  #open = false;
  #flushIsDue = false;

  constructor(write: (data: Uint8Array) => void) {
    this.#write = write;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
    if (!this.#open || this.#flushIsDue) return;
    this.#flushIsDue = true;
    atEndOfTask(() => {
      this.#flushIsDue = false;
      this.flush();
    });
  }

  /** The socket is open: what waited for it leaves now. */
  open(): void {
    this.#open = true;
    this.flush();
  }

  flush(): void {
    if (!this.#open || this.#frames.length === 0) return;
    const frames = this.#frames;
    this.clear();
    let first = 0;
    let sizeBytes = 0;
    for (const [at, frame] of frames.entries()) {
      if (at > first && sizeBytes + frame.length > limits.messageBytesMax) {
        this.#write(joined(frames.slice(first, at), sizeBytes));
        first = at;
        sizeBytes = 0;
      }
      sizeBytes += frame.length;
    }
    this.#write(joined(frames.slice(first), sizeBytes));
  }

  clear(): void {
    this.#frames = [];
    this.#bytes = 0;
  }
}

function joined(frames: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const [only] = frames;
  if (only !== undefined && frames.length === 1) return only;
  const message = new Uint8Array(sizeBytes);
  let at = 0;
  for (const frame of frames) {
    message.set(frame, at);
    at += frame.length;
  }
  return message;
}
