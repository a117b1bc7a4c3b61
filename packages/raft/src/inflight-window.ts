import type { LogIndex } from './identity.ts';

interface InflightAppend { readonly lastIndex: LogIndex; readonly bytes: number }

/** Appends sent to one peer and not yet answered, bounded in number and in bytes. */
export class InflightWindow {
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  readonly #appends: InflightAppend[] = [];
  #head = 0;
  #bytes = 0;

  constructor(messagesMax: number, bytesMax: number) {
    this.#messagesMax = messagesMax;
    this.#bytesMax = bytesMax;
  }

  get isEmpty(): boolean { return this.#head === this.#appends.length; }
  get isFull(): boolean { return this.#appends.length - this.#head >= this.#messagesMax || this.#bytes >= this.#bytesMax; }

  add(lastIndex: LogIndex, bytes: number): void {
    this.#appends.push({ lastIndex, bytes });
    this.#bytes += bytes;
  }

  freeThrough(index: LogIndex): void {
    for (let append = this.#appends[this.#head]; append !== undefined && append.lastIndex <= index; append = this.#appends[this.#head]) {
      this.#bytes -= append.bytes;
      this.#head++;
    }
    if (this.#head * 2 >= this.#appends.length) {
      this.#appends.splice(0, this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#appends.length = 0;
    this.#head = 0;
    this.#bytes = 0;
  }
}
