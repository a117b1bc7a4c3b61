import { createAuthority, signingKey, signToken } from '@raft-mesh/mesh-node';
import { control, joinClaims, managerClaims, managerStatus, meshStatus, operateClaims } from '@raft-mesh/protocol';
import type { ManagerIdentity, ProtocolErrorCode } from '@raft-mesh/protocol';
import { claimedBy, verifyProofByCredential } from '../../packages/mesh-node/src/manager-proof.ts';
import { publicKeyOf } from '../../packages/mesh-node/src/signing-key.ts';
import { arbitraryOf } from '../../packages/protocol/test/arbitrary.ts';
import * as fc from 'fast-check';
import { generator, json, text } from '../generate.ts';
import { check } from '../target.ts';
import type { Target, Verdict } from '../target.ts';

const decoder = new TextDecoder();
const parsed = (input: Uint8Array): unknown => {
  try {
    return JSON.parse(decoder.decode(input));
  } catch {
    return undefined;
  }
};

const identity = { mesh: 'village', incarnation: 1, manager: 'm1', managerIncarnation: 1 } as ManagerIdentity;
const about = { mesh: 'village', incarnation: 1 };
// The same in every run, so that an input means the same. The first is the example of RFC 8037; neither guards anything.
const meshKey = signingKey.parse({ kty: 'OKP', crv: 'Ed25519', d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' });
const managerKey = signingKey.parse({ kty: 'OKP', crv: 'Ed25519', d: 'ae3CoebyDnOVDNrmmhXqhHPX0VY800Iq36mssqDqYKc', x: 'I1w7msWfIYeNZTAnJ3EV6Q5x7BiLfHdyEDqxLUW60zU' });
const far = 4_000_000_000;
const credential = await signToken(meshKey, { use: 'manager', ...identity, publicKey: managerKey.x });
const claims = [
  { use: 'join', ...about, jti: 't', sub: 'ada', name: null, accessRole: 'worker', permissions: ['*'], exp: far }, { use: 'operate', ...about, sub: 'operator', accessRole: 'admin', exp: far },
  { use: 'manager', ...identity, publicKey: managerKey.x }, { use: 'managerProof', ...identity, purpose: 'status', exp: far, credential },
];
const authority = createAuthority({ mesh: identity, meshPublicKey: meshKey.x, credential, signingKey: managerKey });
const refusals: readonly ProtocolErrorCode[] = ['tokenInvalid', 'tokenExpired', 'tokenForeign', 'wrongIncarnation'];

async function verify(token: string): Promise<Verdict> {
  claimedBy(token);
  let accepted = false;
  for (const verified of [await authority.verifyJoinToken(token), await authority.verifyOperateToken(token), await authority.verifyManagerCredential(token), await verifyProofByCredential(token, authority)]) {
    if (verified.ok) check(verified.claims.mesh === 'village' && verified.claims.incarnation === 1, 'a token of another mesh was taken');
    else check(refusals.includes(verified.error.code) && verified.error.next.length > 0, `${verified.error.code} is no refusal of a token`);
    accepted ||= verified.ok;
  }
  return accepted ? 'accepted' : 'refused';
}

/** Tokens as they come over the wire. Nothing but what was signed is taken. */
const tokens: Target = {
  name: 'token', weight: 0.5, ...generator(await Promise.all(claims.map((body) => signToken(body.use === 'managerProof' ? managerKey : meshKey, body))), text, { bytesPerMille: 300 }),
  open: () => ({ run: (input) => verify(decoder.decode(input)), close() {} }),
};

/** Claims that were signed with the right key, whatever is in them, and headers of every kind. */
const signedClaims: Target = {
  name: 'token.claims', weight: 0.5, ...generator(claims, json, { bytesPerMille: 50 }),
  open: () => ({
    async run(input): Promise<Verdict> {
      const body = parsed(input);
      if (typeof body !== 'object' || body === null) return 'refused';
      let token: string;
      try {
        token = await signToken('use' in body && body.use === 'managerProof' ? managerKey : meshKey, body);
      } catch {
        return 'refused';
      }
      return verify(token);
    },
    close() {},
  }),
};

/** Keys from files, and public keys from others. */
const keys: Target = {
  name: 'token.key', weight: 0.5, ...generator([{ ...meshKey }], json),
  open: () => ({
    async run(input): Promise<Verdict> {
      const value = parsed(input);
      const x = typeof value === 'object' && value !== null && 'x' in value ? value.x : value;
      if (typeof x === 'string') {
        const taken = await authority.verifySignature(x, input, input.slice(0, 64));
        check(!taken, 'a signature that is none was taken');
      }
      try {
        publicKeyOf(signingKey.parse(value).x);
        return 'accepted';
      } catch (error) {
        check(error instanceof Error, 'a key was refused in no known way');
        return 'refused';
      }
    },
    close() {},
  }),
};

const schemas = Object.entries({ ...control, joinClaims, operateClaims, managerClaims, managerStatus, meshStatus });
/** Bodies and answers of every kind, where they are read: [schema, value]. */
const bodies: Target = {
  name: 'control.bodies', weight: 4,
  ...generator(schemas.flatMap(([name, schema], place) => samplesOf(schema, place).map((value) => [name, value])), json, { bytesPerMille: 100 }),
  open: () => ({
    run(input): Verdict {
      const value = parsed(input);
      if (!Array.isArray(value)) return 'refused';
      const [name, body] = value as readonly unknown[];
      const schema = schemas.find(([known]) => known === name)?.[1];
      if (schema === undefined) return 'refused';
      const result = schema.safeParse(body);
      if (!result.success) return 'refused';
      const again = schema.safeParse(JSON.parse(JSON.stringify(result.data)));
      check(again.success && JSON.stringify(again.data) === JSON.stringify(result.data), 'a body does not come back as it was');
      return 'accepted';
    },
    close() {},
  }),
};

function samplesOf(schema: (typeof schemas)[number][1], place: number): readonly unknown[] {
  return fc.sample(arbitraryOf(schema as Parameters<typeof arbitraryOf>[0]), { seed: 2000 + place, numRuns: 4 });
}

export const tokenTargets: readonly Target[] = [tokens, signedClaims, keys, bodies];
