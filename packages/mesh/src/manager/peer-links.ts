import type { ProtocolError, WireMessage } from '@raft-mesh/protocol';
import { nodeIdOf } from '@raft-mesh/protocol';
import type { LogIndex, Member, NodeId } from '@raft-mesh/raft';
import type { Clock } from '../ports/clock.ts';
import type { Dialer, Link, LinkHandlers } from '../ports/link.ts';
import type { Log } from '../ports/log.ts';
import { Handshake } from './manager-handshake.ts';
import type { HandshakeOptions, ManagerHello, ManagerProof, ProvenPeer, Step } from './manager-handshake.ts';
import { PeerDialer, peerMessages, revokedAsOf } from './peer-dialer.ts';
import type { PeerMessage } from './peer-dialer.ts';
import { messageNotAllowed, notAuthenticated, notInConfiguration } from './protocol-errors.ts';
import { RefusalLog } from './refusal-log.ts';

export interface PeerLinksOptions {
  readonly self: NodeId;
  readonly handshake: HandshakeOptions;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly log: Log;
  readonly onMessages: (from: NodeId, messages: readonly PeerMessage[]) => void;
  /** Messages to this peer can be sent again. */
  readonly onReachable: (peer: NodeId) => void;
  /** No link to this peer is left; what was sent last may be lost. */
  readonly onUnreachable: (peer: NodeId) => void;
  /** The process of this peer is gone, or is another than before (a hint: see Raft's `linkLost`). */
  readonly onGone: (peer: NodeId) => void;
  /** This peer says that this manager is not in the configuration that is committed as of this index. */
  readonly onRevoked: (peer: NodeId, configurationIndex: LogIndex) => void;
  /** Once a second, after the pings; not while every link notices by itself when its other end is gone. */
  readonly onPinged: () => void;
}

interface Peer {
  /** `null` for one that is heard though it is not in the configuration here (see `HandshakeOptions.isMember`): it dials. */
  dialer: PeerDialer | null;
  /** The link dialled here, once proven. */
  dialled: Link | null;
  /** The newest link dialled by the peer, once proven. */
  accepted: Link | null;
  /** The newer of the two: it carries what is sent. */
  sending: Link | null;
  /** The transport ends `sending` by itself when the peer is gone. */
  noticed: boolean;
  /** What went out and was followed by no word from the peer, in a row without a pause. */
  unanswered: { readonly sinceMs: number; lastMs: number; count: number } | null;
  bootId: string | null;
  lastContactAtMs: number | null;
  lastSentAtMs: number;
  messagesSent: number;
  messagesReceived: number;
  goneTold: boolean;
}

/** Raft copes with lost messages better than with late ones, so a peer that does not read gets no more than this. */
const peerBufferedBytesMax = 32 * 1024 * 1024;
/** A link whose other end has vanished without a trace shows it by silence alone. Whoever leads is answered many times a second. */
const silenceMs = 3_000;
const silenceMessagesMin = 20;
const pauseMs = 1_000;
/** Stands in for the heartbeats of groups at rest. */
const pingIntervalMs = 1_000;

/**
 * Links to all other managers. Both sides dial, so that each finds out by itself, at once, when the other is gone. What
 * arrives on either link is heard; the newest one carries what is sent.
 */
export class PeerLinks {
  readonly #options: PeerLinksOptions;
  readonly #refusals: RefusalLog;
  readonly #peers = new Map<NodeId, Peer>();
  #cancelPing: (() => void) | null = null;
  #pings = false;

  constructor(options: PeerLinksOptions) {
    this.#options = options;
    this.#refusals = new RefusalLog(options.log, options.clock);
  }

  /** Begins to ping. */
  start(): void {
    this.#pings = true;
    this.#armPing();
  }

  #armPing(): void {
    if (!this.#pings || this.#cancelPing !== null || [...this.#peers.values()].every(({ noticed }) => noticed)) return;
    this.#cancelPing = this.#options.clock.setTimer(pingIntervalMs, () => {
      this.#cancelPing = null;
      this.#armPing();
      this.#ping();
    });
  }

  /** Dials those that are new among these, and leaves those that are not among them and are not to be heard any more. */
  follow(members: readonly Member[]): void {
    const wanted = new Map(members.filter(({ id }) => id !== this.#options.self).map(({ id, address }) => [id, address]));
    for (const [node, peer] of this.#peers) {
      const address = wanted.get(node);
      if (peer.dialer !== null && address !== undefined && address !== peer.dialer.address) {
        peer.dialer.close();
        peer.dialer = null;
      }
      if (address !== undefined || this.#options.handshake.isMember(node)) continue;
      this.#peers.delete(node);
      const error = notInConfiguration(this.#options.handshake.appliedIndex());
      peer.dialer?.close(error);
      peer.accepted?.close(error);
    }
    for (const [node, address] of wanted) {
      const peer = this.#peers.get(node) ?? this.#add(node);
      if (peer.dialer !== null) continue;
      peer.dialer = this.#dialerTo(node, address);
      peer.dialer.dial();
    }
    this.#armPing();
  }

  #add(node: NodeId): Peer {
    const peer: Peer = {
      dialer: null, dialled: null, accepted: null, sending: null, noticed: false, unanswered: null, bootId: null, lastContactAtMs: null, lastSentAtMs: 0, messagesSent: 0, messagesReceived: 0, goneTold: true,
    };
    this.#peers.set(node, peer);
    return peer;
  }

  #dialerTo(node: NodeId, address: string): PeerDialer {
    const { handshake, dialer, clock, log, onRevoked } = this.#options;
    return new PeerDialer({
      peer: node, address, handshake, dialer, clock, log, refusals: this.#refusals,
      onReady: (link, proven) => this.#ready(proven, link, (peer) => { peer.dialled = link; }),
      onMessages: (messages) => this.#heard(node, messages),
      onLost: (link) => this.#lost(node, link),
      onGone: () => this.#gone(node),
      onRevoked: (configurationIndex) => onRevoked(node, configurationIndex),
    });
  }

  /** False when there is no link, or its reader is too slow: the message is dropped. */
  send(to: NodeId, message: WireMessage): boolean {
    const peer = this.#peers.get(to);
    const link = peer?.sending ?? null;
    if (peer === undefined || link === null || link.bufferedBytes > peerBufferedBytesMax) return false;
    this.#transmit(peer, link, message);
    if (!peer.noticed) this.#watchSilence(to, peer);
    return true;
  }

  #transmit(peer: Peer, link: Link, message: WireMessage): void {
    link.send(message);
    peer.messagesSent += 1;
    peer.lastSentAtMs = this.#options.clock.nowMs();
  }

  /** Says that this process lives, on every link that had nothing else to say. */
  #ping(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const peer of this.#peers.values()) {
      if (peer.sending !== null && !peer.noticed && nowMs - peer.lastSentAtMs >= pingIntervalMs / 2) this.#transmit(peer, peer.sending, { type: 'linkPing' });
    }
    this.#options.onPinged();
  }

  /** Messages of this life of the link's owner; zero for one that was never linked. */
  traffic(node: NodeId): { readonly messagesSent: number; readonly messagesReceived: number } {
    const peer = this.#peers.get(node);
    return { messagesSent: peer?.messagesSent ?? 0, messagesReceived: peer?.messagesReceived ?? 0 };
  }

  isLinked(node: NodeId): boolean {
    return (this.#peers.get(node)?.sending ?? null) !== null;
  }

  /** Whether this peer needs no ping to be known to live: its link would have ended. */
  isNoticed(node: NodeId): boolean {
    return this.#peers.get(node)?.noticed === true;
  }

  /** Clock reading of the last message from this peer; `null` when there was none. */
  lastContactAtMs(node: NodeId): number | null {
    return this.#peers.get(node)?.lastContactAtMs ?? null;
  }

  /** Clock reading of the last sign that this peer lives: its last message, or what the transport vouches for. */
  lastSignAtMs(node: NodeId): number | null {
    const lastContactAtMs = this.lastContactAtMs(node);
    return lastContactAtMs !== null && this.isNoticed(node) ? Math.max(lastContactAtMs, this.#options.clock.nowMs() - pingIntervalMs) : lastContactAtMs;
  }

  /** Takes over a link whose first message was `managerHello`. `onProven` is called when the other side has proved itself. */
  listen(link: Link, hello: ManagerHello, onProven: () => void): LinkHandlers {
    const { handshake, log } = this.#options;
    let phase: 'answering' | 'awaitingProof' | 'checking' | 'ready' | 'over' = 'answering';
    let checkProof: ((proof: ManagerProof) => Promise<Step<{ readonly peer: ProvenPeer }>>) | null = null;
    let node: NodeId | null = null;
    const isOver = () => phase === 'over';
    const claimed = nodeIdOf(hello.manager, hello.managerIncarnation);
    const give = (error: ProtocolError) => {
      this.#refusals.refused(`from ${claimed}`, error.code, { remote: link.remote, claimed, code: error.code }, 'a manager was not let in');
      link.close(error);
    };
    const broken = (error: unknown) => { log.error({ remote: link.remote, error: String(error) }, 'checking a manager failed'); link.close(); };

    new Handshake(handshake).answerHello(hello).then((step) => {
      if (isOver()) return;
      if (!step.ok) { give(step.error); return; }
      checkProof = step.checkProof;
      phase = 'awaitingProof';
      link.send(step.challenge);
    }, broken);

    return {
      onOpen: () => {},
      onMessages: (messages) => {
        if (phase === 'ready' && node !== null) {
          const accepted = peerMessages(messages);
          if (accepted === null) give(messageNotAllowed);
          else this.#heard(node, accepted);
          return;
        }
        const [proof, ...rest] = messages;
        if (proof === undefined) return;
        if (phase !== 'awaitingProof' || checkProof === null || proof.type !== 'managerProof' || rest.length > 0) { give(notAuthenticated); return; }
        phase = 'checking';
        checkProof(proof).then((step) => {
          if (isOver()) return;
          if (!step.ok) { give(step.error); return; }
          // The configuration may have changed since the hello.
          if (!this.#peers.has(step.peer.node) && !handshake.isMember(step.peer.node)) { give(notInConfiguration(handshake.appliedIndex())); return; }
          phase = 'ready';
          node = step.peer.node;
          link.send({ type: 'managerReady' });
          this.#refusals.letIn(`from ${claimed}`);
          onProven();
          if (!this.#peers.has(node)) this.#add(node);
          this.#ready(step.peer, link, (peer) => {
            const older = peer.accepted;
            peer.accepted = link;
            peer.dialer?.hurry();
            older?.close({ code: 'replaced', message: 'a newer link of this manager is here', next: 'use that one' });
          });
        }, broken);
      },
      onInvalid: give,
      onEnd: (end) => {
        phase = 'over';
        if (node === null) return;
        this.#lost(node, link);
        const asOf = revokedAsOf(end);
        if (asOf !== null) this.#options.onRevoked(node, asOf);
      },
    };
  }

  close(error: ProtocolError): void {
    this.#pings = false;
    this.#cancelPing?.();
    for (const peer of this.#peers.values()) {
      peer.accepted?.close(error);
      peer.dialer?.close(error);
    }
    this.#peers.clear();
  }

  #ready(proven: ProvenPeer, link: Link, attach: (peer: Peer) => void): void {
    const peer = this.#peers.get(proven.node);
    if (peer === undefined) return;
    // Another boot: the process that we knew has ended, whatever its links still pretend.
    if (peer.bootId !== null && peer.bootId !== proven.bootId) {
      this.#gone(proven.node);
      for (const stale of [peer.dialled, peer.accepted]) if (stale !== link) stale?.close();
    }
    peer.bootId = proven.bootId;
    peer.goneTold = false;
    peer.lastContactAtMs = this.#options.clock.nowMs();
    attach(peer);
    this.#sendOn(peer, link);
    peer.unanswered = null;
    this.#armPing();
    this.#options.onReachable(proven.node);
  }

  #sendOn(peer: Peer, link: Link | null): void {
    peer.sending = link;
    peer.noticed = link?.noticeEnd?.() === true;
  }

  #heard(node: NodeId, messages: readonly PeerMessage[]): void {
    const peer = this.#peers.get(node);
    if (peer === undefined) return;
    peer.lastContactAtMs = this.#options.clock.nowMs();
    peer.messagesReceived += messages.length;
    peer.unanswered = null;
    this.#options.onMessages(node, messages);
  }

  #lost(node: NodeId, link: Link): void {
    const peer = this.#peers.get(node);
    if (peer === undefined) return;
    if (peer.dialled === link) peer.dialled = null;
    if (peer.accepted === link) peer.accepted = null;
    if (peer.sending === link) this.#sendOn(peer, peer.dialled ?? peer.accepted);
    this.#armPing();
    if (peer.sending !== null) return;
    if (peer.dialer === null) this.#peers.delete(node);
    this.#options.onUnreachable(node);
  }

  #watchSilence(node: NodeId, peer: Peer): void {
    const nowMs = this.#options.clock.nowMs();
    const { unanswered } = peer;
    if (unanswered === null || nowMs - unanswered.lastMs > pauseMs) {
      peer.unanswered = { sinceMs: nowMs, lastMs: nowMs, count: 1 };
      return;
    }
    unanswered.lastMs = nowMs;
    unanswered.count += 1;
    if (nowMs - unanswered.sinceMs < silenceMs || unanswered.count < silenceMessagesMin) return;
    this.#options.log.warn({ peer: node }, 'a manager does not answer: linking anew');
    peer.unanswered = null;
    peer.dialled?.close();
    peer.accepted?.close();
  }

  /** Told once for each life of the other process. */
  #gone(node: NodeId): void {
    const peer = this.#peers.get(node);
    if (peer === undefined || peer.goneTold) return;
    peer.goneTold = true;
    this.#options.onGone(node);
  }
}
