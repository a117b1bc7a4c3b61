import type { Link, LinkEnd, LinkHandlers } from '@raft-mesh/mesh';
import type { ProtocolError, WireMessage } from '@raft-mesh/protocol';
import type { Message } from '@raft-mesh/raft';
import { unload, type Carried, type Carriage } from './carriage.ts';
import type { Path } from './path.ts';
import { isRaftMessage } from './raft-messages.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/** What crosses a path: a message, or something about the link itself. */
type Parcel =
  | { readonly kind: 'message'; readonly carried: Carried; readonly isRaft: boolean }
  | { readonly kind: 'dial' }
  | { readonly kind: 'opened' }
  | { readonly kind: 'end'; readonly end: LinkEnd };

/** What a link needs of its network. */
export interface LinkNetwork {
  readonly carriage: Carriage;
  /** A dial has arrived at the far end, which is `accepted`. */
  onDial(accepted: SimulatedLink): void;
  /** True when a process lives at the address: it answers with a reset what belongs to no link of its own. */
  answersAt(address: string): boolean;
  /** A Raft message leaves, whatever becomes of it. */
  onSent(from: string, to: string, message: Message): void;
  onDelivered(from: string, to: string, message: WireMessage, sizeBytes: number): void;
}

/**
 * One end of a link. Raft messages may be lost, come twice, overtake each other, or come again after long; everything else is a stream in
 * order that loses nothing but at its end. No Raft message overtakes a part of the stream that was sent before it.
 */
export class SimulatedLink implements Link {
  readonly kind = 'memory';
  readonly local: string;
  readonly remote: string;
  /** Whose end this is. `null`: nobody's, until a dial is accepted. */
  process: SimulatedProcess | null;
  handlers: LinkHandlers | null = null;
  readonly #network: LinkNetwork;
  /** The way from here to the other end. */
  readonly #path: Path;
  #peer: SimulatedLink | null = null;
  #over = false;
  /** Its process died without a word: whoever still writes to it gets no answer. */
  #abandoned = false;
  readonly #queue: { readonly atMs: number; readonly parcel: Parcel }[] = [];
  #deliveryAtMs: number | null = null;
  /** What is sent in one moment travels together. */
  #burst = { sentAtMs: -1, arrivesAtMs: 0 };
  /** Parcels of the stream that are still in the queue. */
  #streamWaiting = 0;
  #bufferedBytes = 0;

  constructor(local: string, remote: string, process: SimulatedProcess | null, network: LinkNetwork, path: Path) {
    this.local = local;
    this.remote = remote;
    this.process = process;
    this.#network = network;
    this.#path = path;
    path.use(this);
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  get isOver(): boolean {
    return this.#over;
  }

  pairWith(peer: SimulatedLink): void {
    this.#peer = peer;
  }

  send(message: WireMessage): void {
    if (this.#over || this.process?.alive !== true) return;
    const carried = this.#network.carriage.load(message);
    if (isRaftMessage(message)) {
      // Whoever lives at that address now is not whom this link once led to.
      if (this.#peer?.process?.alive !== false) this.#network.onSent(this.local, this.remote, message);
      this.#sendRaft(carried);
    }
    else this.#enqueue({ kind: 'message', carried, isRaft: false });
  }

  close(error?: ProtocolError): void {
    const { process, handlers } = this;
    if (this.#over || process?.alive !== true) return;
    if (error !== undefined) this.send({ type: 'error', ...error, fatal: true });
    this.#enqueue({ kind: 'end', end: { cause: 'closedThere', error: error ?? null } });
    this.#finish();
    process.defer(() => handlers?.onEnd({ cause: 'closedHere' }));
  }

  /** Begins to open the link. */
  dial(): void {
    this.#enqueue({ kind: 'dial' });
  }

  /** Tells the other end that the dial was taken. */
  opened(): void {
    this.#enqueue({ kind: 'opened' });
  }

  /** Ends the link from here: the other end is told, when it can be reached. */
  hangUp(end: LinkEnd): void {
    if (this.#over) return;
    this.#enqueue({ kind: 'end', end });
    this.#finish();
  }

  /** Nobody is here any more, and the other end is told nothing until it writes and somebody else answers. */
  abandon(): void {
    if (this.#over) return;
    this.#finish();
    this.#abandoned = true;
  }

  /** Ends this end, now. What it sent and has not arrived is lost. */
  break(): void {
    this.#queue.length = 0;
    this.#streamWaiting = 0;
    this.#end({ cause: 'lost' });
  }

  /** What was held back comes now. */
  release(): void {
    if (this.#queue.length > 0) this.#deliverAt(this.#path.loop.nowMs);
  }

  #sendRaft(carried: Carried): void {
    const path = this.#path;
    const { lossPerMille, duplicatePerMille, reorderPerMille, replayPerMille } = path.rates;
    const { random } = path;
    path.remember(carried);
    if (random.chance(replayPerMille)) {
      const old = path.recall();
      if (old !== null && old !== carried) { path.happened('replay'); this.#sendApart(old); }
    }
    if (path.isCut) return;
    if (random.chance(lossPerMille)) { path.happened('loss'); return; }
    if (!path.hasRoom()) { path.happened('capacityDrop'); return; }
    if (random.chance(duplicatePerMille)) { path.happened('duplicate'); this.#sendApart(carried); }
    if (random.chance(reorderPerMille)) { path.happened('reorder'); this.#sendApart(carried); return; }
    path.underway += 1;
    this.#enqueue({ kind: 'message', carried, isRaft: true });
  }

  /** Travels by itself, and may overtake or be overtaken. */
  #sendApart(carried: Carried): void {
    const path = this.#path;
    const parcel: Parcel = { kind: 'message', carried, isRaft: true };
    path.underway += 1;
    this.#bufferedBytes += carried.sizeBytes;
    path.loop.after(path.drawDelayMs() + path.drawDelayMs(), () => {
      if (path.isCut || this.#abandoned) { path.underway -= 1; this.#bufferedBytes -= carried.sizeBytes; return; }
      // Held back, or the stream before it has not come through: then it takes its place behind.
      if (path.isHeld || this.#streamWaiting > 0) {
        this.#queue.push({ atMs: path.loop.nowMs, parcel });
        if (this.#deliveryAtMs === null && !path.isHeld) this.#deliverAt(path.loop.nowMs);
        return;
      }
      this.#arrived(parcel);
      this.#peer?.receive([parcel]);
    });
  }

  #enqueue(parcel: Parcel): void {
    const { loop } = this.#path;
    if (parcel.kind === 'message') this.#bufferedBytes += parcel.carried.sizeBytes;
    if (parcel.kind !== 'message' || !parcel.isRaft) this.#streamWaiting += 1;
    if (this.#burst.sentAtMs !== loop.nowMs) {
      const arrivesAtMs = Math.max(loop.nowMs + this.#path.drawDelayMs(), this.#burst.arrivesAtMs);
      this.#burst = { sentAtMs: loop.nowMs, arrivesAtMs };
    }
    const { arrivesAtMs } = this.#burst;
    this.#queue.push({ atMs: arrivesAtMs, parcel });
    if (this.#deliveryAtMs === null || arrivesAtMs < this.#deliveryAtMs) this.#deliverAt(arrivesAtMs);
  }

  #deliverAt(atMs: number): void {
    this.#deliveryAtMs = atMs;
    this.#path.loop.at(atMs, () => { if (this.#deliveryAtMs === atMs) this.#deliver(); });
  }

  #deliver(): void {
    this.#deliveryAtMs = null;
    const path = this.#path;
    if (path.isHeld) {
      if (path.isCut) this.#dropRaft();
      return;
    }
    const { nowMs } = path.loop;
    const queue = this.#queue;
    const parcels: Parcel[] = [];
    let next = queue[0];
    while (next !== undefined && next.atMs <= nowMs) {
      queue.shift();
      parcels.push(next.parcel);
      this.#arrived(next.parcel);
      next = queue[0];
    }
    if (next !== undefined) this.#deliverAt(next.atMs);
    if (parcels.length > 0) this.#peer?.receive(parcels);
  }

  /** A cut loses the Raft messages that it catches, and keeps the stream. */
  #dropRaft(): void {
    const { nowMs } = this.#path.loop;
    const kept = this.#queue.filter(({ atMs, parcel }) => {
      const isLost = atMs <= nowMs && parcel.kind === 'message' && parcel.isRaft;
      if (isLost) this.#arrived(parcel);
      return !isLost;
    });
    this.#queue.splice(0, this.#queue.length, ...kept);
    const next = kept.find(({ atMs }) => atMs > nowMs);
    if (next !== undefined) this.#deliverAt(next.atMs);
  }

  #arrived(parcel: Parcel): void {
    if (parcel.kind === 'message') this.#bufferedBytes -= parcel.carried.sizeBytes;
    if (parcel.kind === 'message' && parcel.isRaft) this.#path.underway -= 1;
    else this.#streamWaiting -= 1;
  }

  /** Takes what arrived together. */
  receive(parcels: readonly Parcel[]): void {
    if (this.#abandoned) {
      // Somebody else lives here now, and knows nothing of this link.
      if (this.#network.answersAt(this.local)) this.#peer?.reset();
      return;
    }
    if (this.#over) return;
    if (this.process === null) { this.#take(parcels); return; }
    this.process.run(() => this.#take(parcels));
  }

  /** The other side knows nothing of this link. */
  reset(): void {
    const { process } = this;
    if (this.#over || process === null) return;
    this.#path.loop.after(this.#path.drawDelayMs(), () => process.run(() => this.#end({ cause: 'lost' })));
  }

  #take(parcels: readonly Parcel[]): void {
    let messages: WireMessage[] = [];
    const handOver = (): void => {
      if (messages.length > 0) this.handlers?.onMessages(messages);
      messages = [];
    };
    for (const parcel of parcels) {
      if (this.#over) return;
      switch (parcel.kind) {
        case 'message': {
          const message = unload(parcel.carried);
          this.#network.onDelivered(this.remote, this.local, message, parcel.carried.sizeBytes);
          messages.push(message);
          break;
        }
        case 'dial': handOver(); this.#network.onDial(this); break;
        case 'opened': handOver(); this.handlers?.onOpen(); break;
        case 'end': handOver(); this.#end(parcel.end); break;
        default: parcel satisfies never;
      }
    }
    handOver();
  }

  #end(end: LinkEnd): void {
    if (this.#over) return;
    const { handlers } = this;
    this.#finish();
    handlers?.onEnd(end);
  }

  /** Says and hears no more; what it sent before still arrives. */
  #finish(): void {
    this.#over = true;
    this.handlers = null;
    const path = this.#path;
    if (this.#queue.length === 0) path.leave(this);
    else path.loop.after(60_000, () => path.leave(this));
  }
}
