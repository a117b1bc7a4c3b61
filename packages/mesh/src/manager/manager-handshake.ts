import type { BootId, ManagerId, ManagerIdentity, ManagerToManager, ProtocolError } from '@raft-mesh/protocol';
import { nodeIdOf, protocolVersion } from '@raft-mesh/protocol';
import type { LogIndex, NodeId } from '@raft-mesh/raft';
import type { Authority } from '../ports/authority.ts';
import type { Random } from '../ports/random.ts';
import { notInConfiguration } from './protocol-errors.ts';
import { hex, utf8 } from './text-bytes.ts';

// managerHello → managerChallenge → managerProof → managerReady. Each side signs everything that names this one meeting:
// the mesh in its present life, both managers, both boots and both nonces. A signature made here is of no use anywhere else.

export type ManagerHello = Extract<ManagerToManager, { type: 'managerHello' }>;
export type ManagerChallenge = Extract<ManagerToManager, { type: 'managerChallenge' }>;
export type ManagerProof = Extract<ManagerToManager, { type: 'managerProof' }>;

/** A manager that has proved who it is on one link. */
export interface ProvenPeer {
  readonly node: NodeId;
  readonly bootId: string;
}

export interface HandshakeOptions {
  readonly identity: ManagerIdentity;
  readonly bootId: BootId;
  readonly authority: Authority;
  readonly random: Random;
  /** True for whoever may be linked: the nodes of the configuration in force, and for a while some others (see `Manager`). */
  readonly isMember: (node: NodeId) => boolean;
  /** The last log index that this manager has applied: as of it a refused one is not in. */
  readonly appliedIndex: () => LogIndex;
}

export type Step<Value> = ({ readonly ok: true } & Value) | { readonly ok: false; readonly error: ProtocolError };

interface Party { readonly node: NodeId; readonly bootId: string; readonly nonce: Uint8Array }
const nonceBytes = 32;

/** What both sides sign, each under the name of its own side. */
function transcript(side: 'dialer' | 'listener', identity: ManagerIdentity, dialer: Party, listener: Party): Uint8Array {
  const party = ({ node, bootId, nonce }: Party) => [node, bootId, hex(nonce)];
  return utf8(JSON.stringify(['raft-mesh manager handshake', protocolVersion, side, identity.mesh, identity.incarnation, party(dialer), party(listener)]));
}

export class Handshake {
  readonly #options: HandshakeOptions;
  readonly #self: Party;

  /** One handshake object for one link: its nonce is drawn here. */
  constructor(options: HandshakeOptions) {
    this.#options = options;
    const { identity, bootId, random } = options;
    this.#self = { node: nodeIdOf(identity.manager, identity.managerIncarnation), bootId, nonce: random.bytes(nonceBytes) };
  }

  /** The dialer's first message. */
  hello(): ManagerHello {
    return { type: 'managerHello', protocolVersion, ...this.#introduction() };
  }

  /** The listener's answer to a hello, and what it then expects to be signed. */
  async answerHello(hello: ManagerHello): Promise<Step<{ readonly challenge: ManagerChallenge; readonly checkProof: (proof: ManagerProof) => Promise<Step<{ readonly peer: ProvenPeer }>> }>> {
    if (hello.protocolVersion !== protocolVersion) {
      return refuse('versionUnsupported', `this manager speaks protocol version ${protocolVersion}, the other side ${hello.protocolVersion}`, 'run the same release on all managers');
    }
    const known = await this.#recognise(hello);
    if (!known.ok) return known;
    const { party: dialer, publicKey } = known;
    const { authority, identity } = this.#options;
    const signature = await authority.sign(transcript('listener', identity, dialer, this.#self));
    return {
      ok: true,
      challenge: { type: 'managerChallenge', ...this.#introduction(), signature },
      checkProof: async (proof) => {
        const right = await authority.verifySignature(publicKey, transcript('dialer', identity, dialer, this.#self), proof.signature);
        return right ? { ok: true, peer: dialer } : badSignature();
      },
    };
  }

  /** The dialer's answer to a challenge, once the listener has proved itself to be `expected`. */
  async answerChallenge(expected: NodeId, challenge: ManagerChallenge): Promise<Step<{ readonly proof: ManagerProof; readonly peer: ProvenPeer }>> {
    const known = await this.#recognise(challenge);
    if (!known.ok) return known;
    const { party: listener, publicKey } = known;
    if (listener.node !== expected) return refuse('notAllowed', `${listener.node} answers at the address of ${expected}`, 'correct the addresses of the managers');
    const { authority, identity } = this.#options;
    const right = await authority.verifySignature(publicKey, transcript('listener', identity, this.#self, listener), challenge.signature);
    if (!right) return badSignature();
    const signature = await authority.sign(transcript('dialer', identity, this.#self, listener));
    return { ok: true, proof: { type: 'managerProof', signature }, peer: listener };
  }

  #introduction() {
    const { identity, bootId, authority } = this.#options;
    return { manager: identity.manager, managerIncarnation: identity.managerIncarnation, bootId, credential: authority.credential, nonce: this.#self.nonce };
  }

  /** Checks the credential: signed by the control plane, for this life of this mesh, for the manager that brings it, and that one a member. */
  async #recognise(introduction: { readonly manager: ManagerId; readonly managerIncarnation: number; readonly bootId: string; readonly credential: string; readonly nonce: Uint8Array }): Promise<Step<{ readonly party: Party; readonly publicKey: string }>> {
    const { identity, authority, isMember, appliedIndex } = this.#options;
    if (introduction.nonce.length !== nonceBytes) return refuse('invalidMessage', `a nonce has ${nonceBytes} bytes, this one ${introduction.nonce.length}`, 'send 32 fresh random bytes');
    const verified = await authority.verifyManagerCredential(introduction.credential);
    if (!verified.ok) return verified;
    const { claims } = verified;
    if (claims.mesh !== identity.mesh) return refuse('wrongMesh', 'this credential is for another mesh', 'use the credential of a manager of this mesh');
    if (claims.incarnation !== identity.incarnation) {
      return refuse('wrongIncarnation', `this credential is for incarnation ${claims.incarnation} of the mesh; it is now in incarnation ${identity.incarnation}`, 'enrol the manager again, or retire it: the mesh was restored without it');
    }
    const node = nodeIdOf(introduction.manager, introduction.managerIncarnation);
    if (nodeIdOf(claims.manager, claims.managerIncarnation) !== node) return refuse('notAllowed', 'this credential belongs to another manager', 'use the manager\'s own credential');
    if (!isMember(node)) return { ok: false, error: notInConfiguration(appliedIndex()) };
    if (node === this.#self.node) return refuse('notAllowed', 'a manager does not link to itself', 'give each manager its own data directory');
    return { ok: true, party: { node, bootId: introduction.bootId, nonce: introduction.nonce }, publicKey: claims.publicKey };
  }
}

function refuse(code: ProtocolError['code'], message: string, next: string): { readonly ok: false; readonly error: ProtocolError } {
  return { ok: false, error: { code, message, next } };
}

function badSignature() {
  return refuse('tokenInvalid', 'the signature does not prove the credential', 'start the manager with the private key that its credential names');
}
