import type { Clock, Link, LinkEnd, LinkHandlers } from '@raft-mesh/mesh';
import { decodeFrames, encodeFrames, type MeshIdentity, type ProtocolError, type WireMessage } from '@raft-mesh/protocol';

/** What crosses a path: encoded frames, or something about the link itself. */
type Parcel =
  | { readonly kind: 'frames'; readonly data: Uint8Array }
  | { readonly kind: 'dial' }
  | { readonly kind: 'opened' }
  | { readonly kind: 'end'; readonly end: LinkEnd };

/** What a link needs to know of the network it crosses. */
export interface PathConditions {
  readonly clock: Clock;
  isCut(): boolean;
  latencyMs(): number;
  /** What links answer when asked to notice that their other end is gone. */
  readonly noticesEnds: boolean;
  /** A dial has arrived at the far end, which is `accepted`. */
  onDial(accepted: MemoryLink): void;
  onOver(link: MemoryLink): void;
}

/** One end of a link in memory. Ends come in pairs; each keeps what it has sent until the other has received it. */
export class MemoryLink implements Link {
  readonly kind = 'memory';
  readonly local: string;
  readonly remote: string;
  /** Set when there is somebody to tell: by the dial, or once accepted. */
  handlers: LinkHandlers | null = null;
  readonly #mesh: MeshIdentity;
  readonly #conditions: PathConditions;
  #peer: MemoryLink | null = null;
  #over = false;
  #underway: { readonly atMs: number; readonly parcel: Parcel }[] = [];
  #bufferedBytes = 0;

  constructor(local: string, remote: string, mesh: MeshIdentity, conditions: PathConditions) {
    this.local = local;
    this.remote = remote;
    this.#mesh = mesh;
    this.#conditions = conditions;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  pairWith(peer: MemoryLink): void {
    this.#peer = peer;
  }

  send(message: WireMessage): void {
    if (this.#over) return;
    this.sendBytes(encodeFrames([{ mesh: this.#mesh.mesh, incarnation: this.#mesh.incarnation, message }]));
  }

  /** Sends bytes as they are, so that a test can send what no correct sender would. */
  sendBytes(data: Uint8Array): void {
    if (this.#over) return;
    this.#bufferedBytes += data.length;
    this.dispatch({ kind: 'frames', data: data.slice() });
  }

  noticeEnd(): boolean {
    return this.#conditions.noticesEnds;
  }

  close(error?: ProtocolError): void {
    if (this.#over) return;
    if (error !== undefined) this.send({ type: 'error', ...error, fatal: true });
    this.dispatch({ kind: 'end', end: { cause: 'closedThere', error: error ?? null } });
    const { handlers } = this;
    this.silence();
    this.#conditions.clock.defer(() => handlers?.onEnd({ cause: 'closedHere' }));
  }

  /** Puts something on its way to the other end. */
  dispatch(parcel: Parcel): void {
    const last = this.#underway.at(-1);
    const atMs = Math.max(this.#conditions.clock.nowMs() + this.#conditions.latencyMs(), last?.atMs ?? 0);
    this.#underway.push({ atMs, parcel });
    if (last === undefined || atMs > last.atMs) this.#deliverAt(atMs);
  }

  /** Delivers what a cut held back. */
  resume(): void {
    if (this.#underway.length > 0) this.#deliverAt(this.#conditions.clock.nowMs());
  }

  /** Ends this end now, and loses what it sent that has not arrived. */
  end(end: LinkEnd): void {
    if (this.#over) return;
    const { handlers } = this;
    this.#underway = [];
    this.silence();
    handlers?.onEnd(end);
  }

  /** This end hears and says nothing more, as if its process were gone; what it sent before still arrives. */
  silence(): void {
    this.#over = true;
    this.handlers = null;
    this.#conditions.onOver(this);
  }

  #deliverAt(atMs: number): void {
    const { clock } = this.#conditions;
    clock.setTimer(Math.max(0, atMs - clock.nowMs()), () => this.#deliver());
  }

  #deliver(): void {
    if (this.#conditions.isCut()) return;
    const nowMs = this.#conditions.clock.nowMs();
    const later = this.#underway.findIndex(({ atMs }) => atMs > nowMs);
    const parcels = this.#underway.splice(0, later === -1 ? this.#underway.length : later);
    for (const { parcel } of parcels) if (parcel.kind === 'frames') this.#bufferedBytes -= parcel.data.length;
    this.#peer?.receive(parcels.map(({ parcel }) => parcel));
  }

  /** Takes what arrived together; messages in a row are handed over together. */
  receive(parcels: readonly Parcel[]): void {
    let messages: WireMessage[] = [];
    const handOver = () => {
      if (messages.length > 0) this.handlers?.onMessages(messages);
      messages = [];
    };
    for (const parcel of parcels) {
      if (this.#over) return;
      if (parcel.kind === 'frames') {
        const decoded = decodeFrames(parcel.data);
        const frames = decoded.ok ? decoded.value : decoded.before;
        const own = frames.filter((frame) => frame.mesh === this.#mesh.mesh && frame.incarnation === this.#mesh.incarnation);
        messages.push(...own.map((frame) => frame.message));
        if (decoded.ok && own.length === frames.length) continue;
        handOver();
        this.handlers?.onInvalid(decoded.ok ? foreignFrame(this.#mesh) : decoded.error);
        continue;
      }
      handOver();
      switch (parcel.kind) {
        case 'dial': this.#conditions.onDial(this); break;
        case 'opened': this.handlers?.onOpen(); break;
        case 'end': this.end(parcel.end); break;
        default: parcel satisfies never;
      }
    }
    handOver();
  }
}

function foreignFrame(mesh: MeshIdentity): ProtocolError {
  return { code: 'wrongMesh', message: `A frame on a link of mesh ${mesh.mesh} (incarnation ${mesh.incarnation}) names another mesh or incarnation.`, next: 'Send each mesh its own frames.' };
}
