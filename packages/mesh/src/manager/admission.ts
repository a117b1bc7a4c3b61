import type { Hello, ManagerIdentity, MoveToken, ProtocolError } from '@raft-mesh/protocol';
import { encodeRecord, readMoveToken } from '@raft-mesh/protocol';
import type { AgentId, LogRecord, Refusal, SessionId, StateMachine } from '@raft-mesh/state-machine';
import { admitRecord, moveRecord, openSessionRecord } from '@raft-mesh/state-machine';
import type { Authority } from '../ports/authority.ts';
import { protocolError } from './protocol-errors.ts';
import type { SubmissionEnd } from './proposals.ts';

/** How a hello ended. `secretHash`: of the secret that it proved, for as long as the registry has that one the link is good. `sessionExpired` leaves the link open for another hello, with a new session. */
export type Admission =
  | { readonly admitted: true; readonly agent: AgentId; readonly name: string; readonly session: SessionId; readonly secretHash: string }
  | { readonly admitted: false; readonly error: ProtocolError };

export interface AdmissionDeskOptions {
  readonly identity: ManagerIdentity;
  readonly authority: Authority;
  readonly machine: () => StateMachine;
  readonly submit: (data: Uint8Array) => Promise<SubmissionEnd>;
  /** True once everything committed so far is applied here; false when no leader confirmed it. */
  readonly barrier: () => Promise<boolean>;
}

const noLeader = protocolError('noLeader', 'no leader could be reached', 'try another manager, or again in a moment: a majority of the managers must be up');
const anotherLink = 'make another private link on the device that has the seat now';
const revoked = protocolError('credentialRevoked', 'this agent was shut out of the mesh', 'ask for a join token for another agent');

/** To a device whose agent has moved to another one. */
export const movedAway = protocolError('movedAway', 'this agent goes on elsewhere, under another secret', 'go on there, or make a private link there that leads back');

/** Decides who a worker is: by a join token or the code of a private link, once, and by its resume secret ever after. The replicated state has the last word. */
export class AdmissionDesk {
  readonly #options: AdmissionDeskOptions;
  readonly #waiting = new Set<() => void>();

  constructor(options: AdmissionDeskOptions) {
    this.#options = options;
  }

  /** Something was applied: who waits to be known may be known now, long before a manager with a long log has applied all of it. */
  stateChanged(): void {
    for (const look of this.#waiting) look();
  }

  /** Never rejects because of what the worker sent. */
  async admit(hello: Hello): Promise<Admission> {
    switch (hello.credential.kind) {
      case 'join': return this.#join(hello, hello.credential);
      case 'resume': return this.#resume(hello, hello.credential);
      default: return hello.credential satisfies never;
    }
  }

  async #join(hello: Hello, credential: Extract<Hello['credential'], { kind: 'join' }>): Promise<Admission> {
    const { authority, identity } = this.#options;
    const moving = readMoveToken(credential.token);
    if (moving !== null) return this.#move(hello, moving, await authority.hashSecret(credential.resumeSecret));
    const verified = await authority.verifyJoinToken(credential.token);
    if (!verified.ok) return refuse(verified.error);
    const { claims } = verified;
    if (claims.mesh !== identity.mesh) return refuse(protocolError('tokenForeign', 'this join token is for another mesh', 'ask the control plane for a token of this mesh'));
    if (claims.incarnation !== identity.incarnation) {
      return refuse(protocolError('wrongIncarnation', `this join token is for incarnation ${claims.incarnation} of the mesh, which is now in incarnation ${identity.incarnation}`, 'ask the control plane for a new token'));
    }
    const resumeSecretHash = await authority.hashSecret(credential.resumeSecret);
    const end = await this.#submit(admitRecord({
      tokenId: claims.jti, agent: claims.sub, name: claims.name ?? credential.name, kind: hello.agentKind, accessRole: claims.accessRole,
      permissions: claims.permissions, resumeSecretHash, session: hello.session.id,
    }));
    const refused = refusalOf(end);
    if (refused !== null) return refuse(refused);
    return this.#withSession(hello, claims.sub, resumeSecretHash);
  }

  /** Another device takes the agent over. Who does not know the code writes nothing into the log. */
  async #move(hello: Hello, { agent, code }: MoveToken, resumeSecretHash: string): Promise<Admission> {
    const { authority, machine } = this.#options;
    const codeHash = await authority.hashSecret(code);
    const isKnown = () => {
      const { offer, last } = machine().move(agent);
      return offer?.codeHash === codeHash || last?.codeHash === codeHash;
    };
    // A follower that lags may not have heard of the link yet.
    if (!isKnown() && !(await this.#until(isKnown))) return refuse(noLeader);
    if (!isKnown()) return refuse(protocolError('tokenInvalid', 'this private link is not the last one that was made', anotherLink));
    const refused = refusalOf(await this.#submit(moveRecord({ agent, codeHash, kind: hello.agentKind, resumeSecretHash, session: hello.session.id })), anotherLink);
    if (refused !== null) return refuse(refused);
    return this.#withSession(hello, agent, resumeSecretHash);
  }

  async #resume(hello: Hello, credential: Extract<Hello['credential'], { kind: 'resume' }>): Promise<Admission> {
    const { authority, machine } = this.#options;
    const hash = await authority.hashSecret(credential.resumeSecret);
    const isRight = () => {
      const known = machine().member(credential.agent);
      return known !== null && !known.revoked && known.resumeSecretHash === hash;
    };
    // A follower that lags may not have heard of the agent yet: it asks before it says no.
    const hadToAsk = !isRight();
    if (hadToAsk && !(await this.#until(isRight))) return refuse(noLeader);
    if (!isRight()) {
      const known = machine().member(credential.agent);
      if (known?.revoked === true && known.resumeSecretHash === hash) return refuse(revoked);
      if (machine().move(credential.agent).last?.leftSecretHash === hash) return refuse(movedAway);
      return refuse(protocolError('resumeRefused', 'this mesh does not know this agent with this secret', 'ask the control plane for a new join token'));
    }
    return this.#withSession(hello, credential.agent, hash);
  }

  async #withSession(hello: Hello, agent: AgentId, secretHash: string): Promise<Admission> {
    const { machine } = this.#options;
    const session = hello.session.id;
    const isOpen = () => machine().session(agent, session) !== null;
    if (!isOpen() && hello.session.opened) {
      if (!(await this.#until(isOpen))) return refuse(noLeader);
      if (!isOpen()) return refuse(protocolError('sessionExpired', 'this session has expired: how the commands that were open in it ended is not known', 'say hello again with a new session'));
    }
    if (!isOpen()) {
      const refused = refusalOf(await this.#submit(openSessionRecord({ agent, session })));
      if (refused !== null) return refuse(refused);
    }
    const known = machine().member(agent);
    if (known === null || known.revoked) return refuse(revoked);
    // It moved on while its session was opened.
    if (known.resumeSecretHash !== secretHash) return refuse(movedAway);
    return { admitted: true, agent, name: known.name, session, secretHash };
  }

  /** True once this holds here, or everything committed so far is applied; false when no leader confirmed how much that is. */
  #until(holds: () => boolean): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const end = (isSettled: boolean): void => { this.#waiting.delete(look); resolve(isSettled); };
      const look = (): void => { if (holds()) end(true); };
      this.#waiting.add(look);
      this.#options.barrier().then(end, reject);
    });
  }

  #submit(record: LogRecord): Promise<SubmissionEnd> {
    return this.#options.submit(encodeRecord(record));
  }
}

function refuse(error: ProtocolError): Admission {
  return { admitted: false, error };
}

/** `next`: what to do when the token is no good. */
function refusalOf(end: SubmissionEnd, next: string = 'ask the control plane for a new join token'): ProtocolError | null {
  switch (end.ended) {
    case 'applied': return end.outcome?.status === 'refused' ? errorOf(end.outcome.refusal, next) : null;
    case 'refused': return errorOf(end.refusal, next);
    default: return end satisfies never;
  }
}

function errorOf({ code, message }: Refusal, next: string): ProtocolError {
  switch (code) {
    case 'tokenSpent': case 'tokenInvalid': case 'tokenExpired': return protocolError(code, message, next);
    case 'revoked': return revoked;
    case 'stopping': return protocolError('stopping', message, 'go on with another manager');
    case 'noLeader': case 'timedOut': return noLeader;
    default: return protocolError('overloaded', message, 'try again later');
  }
}
