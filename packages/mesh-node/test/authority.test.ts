import { describe, expect, test } from '@jest/globals';
import type { MeshId } from '@raft-mesh/protocol';
import { createAuthority, generateSigningKey, signToken } from '@raft-mesh/mesh-node';

const mesh = { mesh: 'demo' as MeshId, incarnation: 2 };
const meshKey = generateSigningKey();
const nowWallMs = Date.parse('2030-01-01T00:00:00Z');
const nowSeconds = nowWallMs / 1000;
const authority = createAuthority({ mesh, meshPublicKey: meshKey.x, credential: 'mine', signingKey: generateSigningKey(), nowWallMs: () => nowWallMs });

const join = { use: 'join', ...mesh, jti: 'one', sub: 'agent-1', name: null, accessRole: 'worker', permissions: [], exp: nowSeconds + 300 };
const operate = { use: 'operate', ...mesh, sub: 'someone', accessRole: 'admin', exp: nowSeconds + 300 };

async function errorOf(claims: object, key = meshKey): Promise<string | null> {
  const result = await authority.verifyJoinToken(await signToken(key, claims));
  return result.ok ? null : result.error.code;
}

describe('a join token', () => {
  test('is taken with its claims as they were signed', async () => {
    const result = await authority.verifyJoinToken(await signToken(meshKey, join));
    expect(result).toMatchObject({ ok: true, claims: { sub: 'agent-1', accessRole: 'worker' } });
  });
  test('is refused when it has expired, but not within the tolerance of 60 s', async () => {
    expect(await errorOf({ ...join, exp: nowSeconds - 59 })).toBeNull();
    expect(await errorOf({ ...join, exp: nowSeconds - 61 })).toBe('tokenExpired');
  });
  test('is foreign when another key signed it, or when it is for another mesh', async () => {
    expect(await errorOf(join, generateSigningKey())).toBe('tokenForeign');
    expect(await errorOf({ ...join, mesh: 'other' })).toBe('tokenForeign');
  });
  test('of an earlier life of the mesh is refused as such', async () => {
    expect(await errorOf({ ...join, incarnation: 1 })).toBe('wrongIncarnation');
  });
  test('without an expiry, or of another kind, is invalid', async () => {
    const { exp: _exp, ...endless } = join;
    expect(await errorOf(endless)).toBe('tokenInvalid');
    expect(await errorOf(operate)).toBe('tokenInvalid');
  });
  test.each(['', 'x', 'a.b.c', 'a'.repeat(5000), 'eyJhbGciOiJub25lIn0.e30.'])('that is none is invalid: %.20s', async (token) => {
    const result = await authority.verifyJoinToken(token);
    expect(result).toMatchObject({ ok: false, error: { code: 'tokenInvalid' } });
  });
  test('that was altered after signing is not taken', async () => {
    const [header, , signature] = (await signToken(meshKey, join)).split('.');
    const payload = Buffer.from(JSON.stringify({ ...join, accessRole: 'admin' })).toString('base64url');
    expect(await authority.verifyJoinToken(`${header}.${payload}.${signature}`)).toMatchObject({ ok: false, error: { code: 'tokenForeign' } });
  });
});

describe('a manager\'s signature', () => {
  const key = generateSigningKey();
  const signer = createAuthority({ mesh, meshPublicKey: meshKey.x, credential: 'mine', signingKey: key });
  const message = new TextEncoder().encode('hello');

  test('verifies with its public key and with no other', async () => {
    const signature = await signer.sign(message);
    expect(await authority.verifySignature(key.x, message, signature)).toBe(true);
    expect(await authority.verifySignature(meshKey.x, message, signature)).toBe(false);
    expect(await authority.verifySignature(key.x, new TextEncoder().encode('hullo'), signature)).toBe(false);
  });
  test('never verifies with a public key that is none', async () => {
    expect(await authority.verifySignature('nonsense', message, await signer.sign(message))).toBe(false);
  });
});

test('a secret is hashed with SHA-256', async () => {
  expect(await authority.hashSecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
