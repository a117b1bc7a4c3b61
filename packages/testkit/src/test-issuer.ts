import { createHash } from 'node:crypto';
import type { Authority, Verified } from '@raft-mesh/mesh';
import { tokenClaims, type JoinClaims, type ManagerClaims, type ManagerIdentity, type MeshIdentity, type OperateClaims, type ProtocolError, type TokenClaims } from '@raft-mesh/protocol';

/** Expiry is checked with this tolerance, in seconds. */
const toleranceSeconds = 60;

/**
 * Stands in for the control plane: hands out tokens under one fixed key (a keyed sum, which nobody in a test sets out to forge), and gives each manager
 * the authority that verifies them. `nowSeconds` (since 1970) decides what has expired.
 */
export class TestIssuer {
  readonly #mesh: MeshIdentity;
  readonly #key: string;
  nowSeconds: number;
  #tokens = 0;
  /** What tokens say that were found to be signed: the same few are shown again and again. */
  readonly #signed = new Map<string, TokenClaims>();

  constructor(mesh: MeshIdentity, options: { readonly key?: string; readonly nowSeconds?: number } = {}) {
    this.#mesh = mesh;
    this.#key = options.key ?? 'test';
    this.nowSeconds = options.nowSeconds ?? 1_800_000_000;
  }

  /** Admits one agent, once. By default a worker with every permission, good for an hour. */
  joinToken(claims: Partial<JoinClaims> & Pick<JoinClaims, 'sub'>): string {
    this.#tokens += 1;
    return this.sign({
      use: 'join', mesh: this.#mesh.mesh, incarnation: this.#mesh.incarnation, jti: `token-${this.#tokens}`, name: null,
      accessRole: 'worker', permissions: ['*'], exp: this.nowSeconds + 3600, ...claims,
    });
  }

  operateToken(claims: Partial<OperateClaims> = {}): string {
    return this.sign({ use: 'operate', mesh: this.#mesh.mesh, incarnation: this.#mesh.incarnation, sub: 'operator', accessRole: 'admin', exp: this.nowSeconds + 3600, ...claims });
  }

  /** Signs any claims, also ones that no control plane would. */
  sign(claims: TokenClaims): string {
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${body}.${seal(this.#key, Buffer.from(body)).toString('base64url')}`;
  }

  /** What a manager of this mesh verifies and signs with. */
  authorityFor(identity: ManagerIdentity): Authority {
    const publicKey = `public-key-of-${identity.manager}-${identity.managerIncarnation}`;
    return {
      verifyJoinToken: (token) => Promise.resolve(this.#verify<JoinClaims>(token, 'join')),
      verifyOperateToken: (token) => Promise.resolve(this.#verify<OperateClaims>(token, 'operate')),
      verifyManagerCredential: (credential) => Promise.resolve(this.#verify<ManagerClaims>(credential, 'manager')),
      credential: this.sign({ use: 'manager', mesh: identity.mesh, incarnation: identity.incarnation, manager: identity.manager, managerIncarnation: identity.managerIncarnation, publicKey }),
      sign: (message) => Promise.resolve(new Uint8Array(seal(publicKey, message))),
      verifySignature: (key, message, signature) => Promise.resolve(isSame(seal(key, message), signature)),
      hashSecret: (secret) => Promise.resolve(createHash('sha256').update(secret).digest('hex')),
    };
  }

  #verify<Claims extends TokenClaims>(token: string, use: Claims['use']): Verified<Claims> {
    const claims = this.#signed.get(token) ?? this.#open(token);
    if (claims === null) return refused('tokenInvalid', 'The token was not signed by this mesh’s control plane.');
    if (claims === undefined || claims.use !== use) return refused('tokenInvalid', `This is not a token for the use “${use}”.`);
    if (claims.mesh !== this.#mesh.mesh || claims.incarnation !== this.#mesh.incarnation) return refused('tokenForeign', 'The token is for another mesh, or another incarnation of this one.');
    if (claims.use !== 'manager' && claims.exp + toleranceSeconds < this.nowSeconds) return refused('tokenExpired', 'The token has expired.');
    return { ok: true, claims: claims as Claims };
  }

  /** `null`: not signed here; `undefined`: signed, and no claims that anybody knows. */
  #open(token: string): TokenClaims | null | undefined {
    const [body = '', signature = ''] = token.split('.');
    if (!isSame(seal(this.#key, Buffer.from(body)), Buffer.from(signature, 'base64url'))) return null;
    const parsed = tokenClaims.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString()));
    if (parsed.success) this.#signed.set(token, parsed.data);
    return parsed.data;
  }
}

/** Two FNV-1a sums of key and message, begun apart: 8 bytes. */
function seal(key: string, message: Uint8Array): Buffer {
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  for (let at = 0; at < key.length; at += 1) {
    low = Math.imul(low ^ key.charCodeAt(at), 0x01000193);
    high = Math.imul(high ^ key.charCodeAt(at), 0x01000193);
  }
  for (const byte of message) {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x01000193);
  }
  const sum = Buffer.alloc(8);
  sum.writeInt32BE(low, 0);
  sum.writeInt32BE(high, 4);
  return sum;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function refused(code: ProtocolError['code'], message: string): { readonly ok: false; readonly error: ProtocolError } {
  return { ok: false, error: { code, message, next: 'Ask the control plane for a new token.' } };
}
