import type { ProtocolError, WireMessage } from '@raft-mesh/protocol';
import type { LogIndex, Message, NodeId } from '@raft-mesh/raft';
import type { Clock } from '../ports/clock.ts';
import type { Dialer, Link, LinkEnd } from '../ports/link.ts';
import type { Log } from '../ports/log.ts';
import { Handshake } from './manager-handshake.ts';
import type { HandshakeOptions, ProvenPeer } from './manager-handshake.ts';
import { protocolError } from './protocol-errors.ts';
import type { RefusalLog } from './refusal-log.ts';

export interface PeerDialerOptions {
  readonly peer: NodeId;
  readonly address: string;
  readonly handshake: HandshakeOptions;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly log: Log;
  readonly refusals: RefusalLog;
  /** The other end has proved itself; `link` may carry messages both ways. */
  readonly onReady: (link: Link, peer: ProvenPeer) => void;
  readonly onMessages: (messages: readonly PeerMessage[]) => void;
  /** A proven link ended. */
  readonly onLost: (link: Link) => void;
  /** Nothing answers at the address, or the manager there said that it is stopping. */
  readonly onGone: () => void;
  /** The manager there says that this one is not in the configuration that is committed as of this index. */
  readonly onRevoked: (configurationIndex: LogIndex) => void;
}

/** What may come over a proven link between managers. */
export type PeerMessage = Message | Extract<WireMessage, { type: 'forwardProposal' | 'forwardResult' | 'forwardQuery' | 'forwardAnswer' | 'livenessReport' | 'linkPing' }>;

/** `unreachable`: for whoever is not heard of for a while. `refused`: one that says no dials by itself when that changes. */
const redialDelayMs = { usual: { first: 10, max: 500 }, unreachable: { first: 10, max: 2_000 }, refused: { first: 500, max: 10_000 } };
const failuresUntilUnreachable = 16;
const handshakeTimeoutMs = 2_000;

/** Keeps one link dialled to one other manager, for as long as that is in the configuration. */
export class PeerDialer {
  readonly #options: PeerDialerOptions;
  #link: Link | null = null;
  #failures = 0;
  #cancelTimer: (() => void) | null = null;
  /** For the next attempt. */
  #isWaiting = false;
  #closed = false;

  constructor(options: PeerDialerOptions) {
    this.#options = options;
  }

  get address(): string {
    return this.#options.address;
  }

  dial(): void {
    if (this.#closed) return;
    const { peer, handshake, dialer, clock, log, refusals, onReady, onMessages, onLost, onGone, onRevoked } = this.#options;
    const meeting = new Handshake(handshake);
    let phase: 'opening' | 'proving' | 'awaitingReady' | 'ready' = 'opening';
    let proven: ProvenPeer | null = null;
    let over = false;

    const fail = (code: 'invalidMessage' | 'notAuthenticated', message: string) => link.close(protocolError(code, message, 'run the same release on all managers'));
    const handle = (messages: readonly WireMessage[]): void => {
      if (over) return;
      if (phase === 'ready') { this.#pass(link, messages, onMessages); return; }
      const [first, ...rest] = messages;
      if (first === undefined) return;
      if (phase === 'opening' && first.type === 'managerChallenge' && rest.length === 0) {
        phase = 'proving';
        meeting.answerChallenge(peer, first).then((step) => {
          if (over) return;
          if (!step.ok) { refusals.refused(peer, step.error.code, { peer, code: step.error.code }, 'a manager did not prove itself'); link.close(step.error); return; }
          proven = step.peer;
          phase = 'awaitingReady';
          link.send(step.proof);
        }, (error: unknown) => { log.error({ peer, error: String(error) }, 'checking a manager failed'); link.close(); });
      } else if (phase === 'awaitingReady' && first.type === 'managerReady' && proven !== null) {
        phase = 'ready';
        this.#failures = 0;
        this.#stopTimer();
        refusals.letIn(peer);
        onReady(link, proven);
        if (rest.length > 0) handle(rest);
      } else if (first.type !== 'error') {
        fail('notAuthenticated', `${first.type} came before the handshake was over`);
      }
    };

    const link = dialer.dial(this.#options.address, handshake.identity, {
      onOpen: () => { if (!over) link.send(meeting.hello()); },
      onMessages: handle,
      onInvalid: (error) => link.close(error),
      onEnd: (end) => {
        over = true;
        if (this.#link === link) this.#link = null;
        this.#stopTimer();
        if (phase === 'ready') onLost(link);
        if (isGone(end)) onGone();
        const asOf = revokedAsOf(end);
        if (asOf !== null) onRevoked(asOf);
        this.#redial(phase === 'ready', saidNo(end));
      },
    });
    this.#link = link;
    // An address that neither answers nor refuses must not hold up the next attempt for ever.
    this.#cancelTimer = clock.setTimer(handshakeTimeoutMs, () => { this.#cancelTimer = null; link.close(); });
  }

  close(error?: ProtocolError): void {
    this.#closed = true;
    this.#stopTimer();
    this.#link?.close(error);
    this.#link = null;
  }

  #pass(link: Link, messages: readonly WireMessage[], onMessages: PeerDialerOptions['onMessages']): void {
    const accepted = peerMessages(messages);
    if (accepted === null) link.close(protocolError('messageNotAllowed', 'a manager sent what only workers may', 'run the same release on all managers'));
    else onMessages(accepted);
  }

  /** The peer is there, by a link that it dialled: no wait any more. */
  hurry(): void {
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    this.#stopTimer();
    this.#failures = 0;
    this.dial();
  }

  /** At once after a link that worked, then at growing intervals (the other side dials as well). */
  #redial(worked: boolean, refused: boolean): void {
    if (this.#closed) return;
    if (worked) {
      // No timer, whose least is a millisecond: whether its process is gone is what an election waits for.
      this.#failures = 0;
      this.#options.clock.defer(() => this.dial());
      return;
    }
    const delay = redialDelayMs[refused ? 'refused' : this.#failures < failuresUntilUnreachable ? 'usual' : 'unreachable'];
    const delayMs = Math.min(delay.max, delay.first * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.#isWaiting = true;
    this.#cancelTimer = this.#options.clock.setTimer(delayMs, () => {
      this.#cancelTimer = null;
      this.#isWaiting = false;
      this.dial();
    });
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}

function isGone(end: LinkEnd): boolean {
  return end.cause === 'refused' || (end.cause === 'closedThere' && end.error?.code === 'stopping');
}

function saidNo(end: LinkEnd): boolean {
  return end.cause === 'closedThere' && (end.error?.code === 'credentialRevoked' || end.error?.code === 'wrongMesh' || end.error?.code === 'wrongIncarnation');
}

/** The other end takes this manager for one that is not in the configuration. */
export function revokedAsOf(end: LinkEnd): LogIndex | null {
  return end.cause === 'closedThere' && end.error?.code === 'credentialRevoked' ? (end.error.configurationIndex ?? null) : null;
}

/** The messages when a manager may send them all, `null` otherwise. */
export function peerMessages(messages: readonly WireMessage[]): readonly PeerMessage[] | null {
  const accepted: PeerMessage[] = [];
  for (const message of messages) {
    switch (message.type) {
      case 'preVoteRequest': case 'preVoteResponse': case 'voteRequest': case 'voteResponse':
      case 'appendRequest': case 'appendAccepted': case 'appendRejected':
      case 'snapshotChunk': case 'snapshotChunkResponse': case 'readIndexRequest': case 'readIndexResponse':
      case 'timeoutNow': case 'timeoutNowRefused': case 'quiesce': case 'quiesceAccepted': case 'wakeUp':
      case 'forwardProposal': case 'forwardResult': case 'forwardQuery': case 'forwardAnswer': case 'livenessReport': case 'linkPing':
        accepted.push(message);
        break;
      case 'error': break;
      case 'hello': case 'heartbeat': case 'command': case 'query': case 'watch': case 'unwatch': case 'goodbye':
      case 'welcome': case 'heartbeatAck': case 'commandOutcome': case 'commandRetry': case 'queryAnswer':
      case 'viewWhole': case 'viewPatch': case 'viewCurrent': case 'watchRefused': case 'event':
      case 'leaderChanged': case 'managersChanged':
      case 'managerHello': case 'managerChallenge': case 'managerProof': case 'managerReady':
        return null;
      default: message satisfies never;
    }
  }
  return accepted;
}
