import { protocolErrorFrom, type Hello, type ManagerAddress, type ManagerId, type MeshIdentity, type ProtocolError, type Welcome, type WireMessage, type WorkerToManager } from '@raft-mesh/protocol';
import type { Clock } from '../ports/clock.ts';
import type { Dialer, Link, LinkEnd } from '../ports/link.ts';
import type { Random } from '../ports/random.ts';
import { backoffMs, fraction } from './backoff.ts';
import { timings } from './timings.ts';

/** What a link tells the worker it belongs to. */
export interface ManagerLinkOwner {
  /** What to introduce ourselves with; `null` to wait (`sayHello` asks again). */
  helloFor(link: ManagerLink): Hello | null;
  onWelcome(link: ManagerLink, welcome: Welcome): void;
  onMessage(link: ManagerLink, message: WireMessage): void;
  /** The link is gone; a redial is set. */
  onDown(link: ManagerLink): void;
  /** The manager said that something was wrong; when fatal, `onDown` follows. */
  onProtocolError(link: ManagerLink, error: ProtocolError): void;
}

export interface LinkPorts {
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly random: Random;
}

type Phase = 'waiting' | 'dialing' | 'open' | 'greeting' | 'welcomed' | 'closed';

/** The way to one manager: dialled again, with growing pauses, until it is closed for good. */
export class ManagerLink {
  readonly manager: ManagerId;
  #url: string;
  /** Whom this manager takes for the leader; `null` when it knows none. */
  leaderKnown: ManagerId | null = null;
  /** When this manager last said anything. */
  lastHeardAtMs = 0;
  /** The beat that was sent last, until it is answered. */
  #beatSent: { readonly beat: number; readonly atMs: number } | null = null;
  #roundTripMs: number | null = null;
  #mesh: MeshIdentity;
  readonly #ports: LinkPorts;
  readonly #owner: ManagerLinkOwner;
  #phase: Phase = 'waiting';
  #link: Link | null = null;
  #attempt = 0;
  #welcomedAtMs = 0;
  #cancelTimer: () => void = () => {};

  constructor(address: ManagerAddress, mesh: MeshIdentity, ports: LinkPorts, owner: ManagerLinkOwner) {
    this.manager = address.id;
    this.#url = address.url;
    this.#mesh = mesh;
    this.#ports = ports;
    this.#owner = owner;
  }

  get welcomed(): boolean {
    return this.#phase === 'welcomed';
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** The manager can be reached here from now on. A link that stands is kept for as long as it does. */
  moveTo(url: string): void {
    if (url === this.#url) return;
    this.#url = url;
    if (!this.welcomed) this.drop();
    this.wake();
  }

  /** The mesh lives in another incarnation from now on: what stands speaks for the old one. */
  moveToIncarnation(mesh: MeshIdentity): void {
    this.#mesh = mesh;
    this.drop();
    this.wake();
  }

  /** Dials, if it never has. */
  begin(): void {
    if (this.#attempt === 0) this.dial();
  }

  /** Dials now, unless it is at it or up. Forgets how often it failed. */
  dial(): void {
    if (this.#phase !== 'waiting') return;
    this.#phase = 'dialing';
    this.#setTimer(timings.dialTimeoutMs, () => this.drop());
    // A link of an earlier try may still have something to say; only the current one is listened to.
    const isCurrent = () => this.#link === link;
    const link: Link = this.#ports.dialer.dial(this.#url, this.#mesh, {
      onOpen: () => { if (isCurrent()) this.#opened(); },
      onMessages: (messages) => { for (const message of messages) if (isCurrent()) this.#received(message); },
      onInvalid: (error) => { if (isCurrent()) this.drop(error); },
      onEnd: (end) => { if (isCurrent()) this.#ended(end); },
    });
    this.#link = link;
  }

  /** Sends the hello, when the link is open and has not sent one. */
  sayHello(): void {
    if (this.#phase !== 'open') return;
    const hello = this.#owner.helloFor(this);
    if (hello === null) return;
    this.#phase = 'greeting';
    this.#setTimer(timings.helloTimeoutMs, () => this.drop());
    this.#link?.send(hello);
  }

  /** Does nothing unless the link is welcomed. */
  send(message: WorkerToManager): void {
    if (this.#phase === 'welcomed') this.#link?.send(message);
  }

  /** Sends a heartbeat, with how long the last one took to be answered. */
  beat(beat: number): void {
    this.#beatSent = { beat, atMs: this.#ports.clock.nowMs() };
    this.send({ type: 'heartbeat', beat, ...(this.#roundTripMs === null ? {} : { roundTripMs: this.#roundTripMs }) });
  }

  /** Gives this connection up, and dials again. */
  drop(error?: ProtocolError): void {
    if (this.#phase === 'waiting' || this.#phase === 'closed') return;
    const link = this.#link;
    this.#down();
    link?.close(error);
  }

  /** The network may be back: does not wait for the rest of a pause. */
  wake(): void {
    this.#attempt = 0;
    if (this.#phase !== 'waiting') return;
    this.#cancelTimer();
    this.dial();
  }

  /** Leaves for good, saying goodbye. */
  close(): void {
    if (this.#phase === 'welcomed') this.#link?.send({ type: 'goodbye' });
    const link = this.#link;
    this.#link = null;
    this.#phase = 'closed';
    this.#cancelTimer();
    link?.close();
  }

  #opened(): void {
    this.#phase = 'open';
    this.#cancelTimer();
    this.lastHeardAtMs = this.#ports.clock.nowMs();
    this.sayHello();
  }

  #received(message: WireMessage): void {
    this.lastHeardAtMs = this.#ports.clock.nowMs();
    if (message.type === 'error') {
      this.#owner.onProtocolError(this, protocolErrorFrom(message));
      // A hello that was not accepted has had its answer; only a new link can carry another.
      if (message.fatal || this.#phase === 'greeting') this.drop();
      return;
    }
    if (message.type === 'welcome') {
      if (this.#phase !== 'greeting') return;
      this.#phase = 'welcomed';
      this.#cancelTimer();
      this.#welcomedAtMs = this.lastHeardAtMs;
      this.leaderKnown = message.leader;
      this.#owner.onWelcome(this, message);
      return;
    }
    if (message.type === 'heartbeatAck' && message.beat === this.#beatSent?.beat) this.#roundTripMs = Math.round(this.lastHeardAtMs - this.#beatSent.atMs);
    if (this.#phase === 'welcomed') this.#owner.onMessage(this, message);
  }

  #ended(end: LinkEnd): void {
    if (end.cause === 'closedThere' && end.error !== null) this.#owner.onProtocolError(this, end.error);
    this.#down();
  }

  #down(): void {
    if (this.#phase === 'closed' || this.#phase === 'waiting') return;
    const { clock, random } = this.#ports;
    const wasSteady = this.#phase === 'welcomed' && clock.nowMs() - this.#welcomedAtMs >= timings.steadyLinkMs;
    if (wasSteady) this.#attempt = 0;
    const pauseMs = this.#attempt === 0 ? fraction(random) * timings.retryMinMs : backoffMs(this.#attempt, timings.retryMinMs, timings.redialMaxMs, random);
    this.#attempt += 1;
    this.#phase = 'waiting';
    this.#link = null;
    this.leaderKnown = null;
    this.#roundTripMs = null;
    this.#setTimer(pauseMs, () => this.dial());
    this.#owner.onDown(this);
  }

  #setTimer(delayMs: number, callback: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#ports.clock.setTimer(delayMs, callback);
  }
}
