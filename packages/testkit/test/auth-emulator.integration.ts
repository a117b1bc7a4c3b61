import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { findAuthEmulator, startAuthEmulator } from '@raft-mesh/testkit/auth-emulator';
import type { AuthEmulator, AuthEmulatorSource } from '@raft-mesh/testkit/auth-emulator';

jest.setTimeout(180_000);

// The same calls, to the stand-in and, where it is found, to the official emulator: what tests are told by one they are told by the other.

const projectId = 'demo-raft-mesh';
const found = findAuthEmulator();
const sources: readonly AuthEmulatorSource[] = [{ kind: 'standIn', reason: 'to compare' }, ...(found.kind === 'firebaseTools' ? [found] : [])];

/** What differs from one run to the next, as what it is. */
function masked(value: unknown): unknown {
  const volatile = /^(localId|user_id|sub|idToken|id_token|access_token|refreshToken|refresh_token|createdAt|lastLoginAt|lastRefreshAt|passwordUpdatedAt|validSince|salt|passwordHash|auth_time|iat|exp|oobCode|oobLink)$/u;
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== 'oobLink').map(([name, inner]) => [name, volatile.test(name) ? typeof inner : masked(inner)]));
}

const user = (more: object) => ({ localId: 'string', createdAt: 'string', lastLoginAt: 'string', lastRefreshAt: 'string', ...more });
const tokens = { idToken: 'string', refreshToken: 'string', expiresIn: '3600' };
const account = (email: string, more: object = {}, provider: object = {}) => user({ email, emailVerified: false, salt: 'string', passwordHash: 'string', passwordUpdatedAt: 'number', validSince: 'string', providerUserInfo: [{ providerId: 'password', email, federatedId: email, rawId: email, ...provider }], ...more });
const refusal = (message: string) => [400, { error: { code: 400, message, errors: [{ message, reason: 'invalid', domain: 'global' }] } }];
const claims = (idToken: string) => masked(JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString()));
const claimed = (more: object, provider: string) => ({ auth_time: 'number', user_id: 'string', iat: 'number', exp: 'number', aud: projectId, iss: `https://securetoken.google.com/${projectId}`, sub: 'string', firebase: { identities: provider === 'password' ? { email: ['ada@example.com'] } : {}, sign_in_provider: provider }, ...more });

describe.each(sources.map((source) => [source.kind, source] as const))('the Auth emulator: %s', (_kind, source) => {
  let emulator: AuthEmulator;
  beforeAll(async () => { emulator = await startAuthEmulator(source, projectId); });
  afterAll(() => emulator.stop());

  type Answer = Readonly<Record<string, string>>;
  const ask = async (path: string, body?: object, method = 'POST'): Promise<{ readonly status: number; readonly body: Answer }> => {
    const init = { method, headers: { 'content-type': 'application/json', 'authorization': 'Bearer owner' } };
    const response = await fetch(`http://${emulator.host}/${path}`, body === undefined ? init : { ...init, body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Answer };
  };
  const accounts = async (call: string, body: object) => {
    const response = await fetch(`http://${emulator.host}/identitytoolkit.googleapis.com/v1/accounts:${call}?key=public`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Answer };
  };
  const seen = ({ status, body }: { readonly status: number; readonly body: Answer }) => [status, masked(body)];
  const ada = { email: 'Ada@Example.com', password: 'correct horse', returnSecureToken: true, clientType: 'CLIENT_TYPE_WEB' };

  test('an anonymous user is given an account, and is the same user', async () => {
    const anonymous = await accounts('signUp', { returnSecureToken: true });
    expect(seen(anonymous)).toEqual([200, { kind: 'identitytoolkit#SignupNewUserResponse', localId: 'string', ...tokens }]);
    expect(claims(anonymous.body['idToken'] ?? '')).toEqual(claimed({ provider_id: 'anonymous' }, 'anonymous'));
    const idToken = anonymous.body['idToken'];
    expect(seen(await accounts('lookup', { idToken }))).toEqual([200, { kind: 'identitytoolkit#GetAccountInfoResponse', users: [user({})] }]);
    expect(seen(await accounts('signUp', { ...ada, idToken, password: '12345' }))).toEqual(refusal('WEAK_PASSWORD : Password should be at least 6 characters'));
    expect(seen(await accounts('signUp', { ...ada, idToken, email: 'nonsense' }))).toEqual(refusal('INVALID_EMAIL'));
    expect(seen(await accounts('signUp', { idToken, email: 'a@b.c', returnSecureToken: true }))).toEqual(refusal('MISSING_PASSWORD'));
    const linked = await accounts('signUp', { ...ada, idToken });
    expect(seen(linked)).toEqual([200, { kind: 'identitytoolkit#SignupNewUserResponse', localId: 'string', email: 'ada@example.com', ...tokens }]);
    expect(linked.body['localId']).toBe(anonymous.body['localId']);
    expect(claims(linked.body['idToken'] ?? '')).toEqual(claimed({ email: 'ada@example.com', email_verified: false }, 'password'));
    const named = await accounts('update', { idToken: linked.body['idToken'], displayName: 'Ada', returnSecureToken: true });
    const provider = { displayName: 'Ada' };
    expect(seen(named)).toEqual([200, { kind: 'identitytoolkit#SetAccountInfoResponse', localId: 'string', emailVerified: false, email: 'ada@example.com', displayName: 'Ada', passwordHash: 'string', providerUserInfo: [{ providerId: 'password', email: 'ada@example.com', federatedId: 'ada@example.com', rawId: 'ada@example.com', ...provider }] }]);
    expect(seen(await accounts('lookup', { idToken: linked.body['idToken'] }))).toEqual([200, { kind: 'identitytoolkit#GetAccountInfoResponse', users: [account('ada@example.com', provider, provider)] }]);
    expect(seen(await ask(`identitytoolkit.googleapis.com/v1/projects/${projectId}/accounts:lookup`, { localId: [linked.body['localId']] }))).toEqual([200, { kind: 'identitytoolkit#GetAccountInfoResponse', users: [account('ada@example.com', provider, provider)] }]);
  });

  test('an address is of one account, whoever asks for it', async () => {
    const { body: { idToken } } = await accounts('signUp', { returnSecureToken: true });
    expect(seen(await accounts('signUp', { ...ada, idToken }))).toEqual(refusal('EMAIL_EXISTS'));
    expect(seen(await accounts('signUp', ada))).toEqual(refusal('EMAIL_EXISTS'));
    expect(seen(await accounts('signUp', { ...ada, email: 'eve@example.com' }))).toEqual([200, { kind: 'identitytoolkit#SignupNewUserResponse', localId: 'string', email: 'eve@example.com', ...tokens }]);
  });

  test('signs in with the right password, renews the token, and refuses the rest', async () => {
    const signedIn = await accounts('signInWithPassword', ada);
    expect(seen(signedIn)).toEqual([200, { kind: 'identitytoolkit#VerifyPasswordResponse', registered: true, localId: 'string', email: 'ada@example.com', ...tokens }]);
    expect(claims(signedIn.body['idToken'] ?? '')).toEqual(claimed({ name: 'Ada', email: 'ada@example.com', email_verified: false }, 'password'));
    const renewed = await fetch(`http://${emulator.host}/securetoken.googleapis.com/v1/token?key=public`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: signedIn.body['refreshToken'] ?? '' }) });
    const answer = (await renewed.json()) as Answer;
    expect([renewed.status, masked(answer)]).toEqual([200, { id_token: 'string', access_token: 'string', expires_in: '3600', refresh_token: 'string', token_type: 'Bearer', user_id: 'string', project_id: '12345' }]);
    expect(claims(answer['id_token'] ?? '')).toEqual(claimed({ name: 'Ada', email: 'ada@example.com', email_verified: false }, 'password'));
    expect(seen(await accounts('signInWithPassword', { ...ada, password: 'wrong' }))).toEqual(refusal('INVALID_PASSWORD'));
    expect(seen(await accounts('signInWithPassword', { ...ada, email: 'nobody@example.com' }))).toEqual(refusal('EMAIL_NOT_FOUND'));
    expect(seen(await accounts('signInWithPassword', { ...ada, email: 'nonsense' }))).toEqual(refusal('INVALID_EMAIL'));
    expect(seen(await accounts('signInWithPassword', { email: 'ada@example.com' }))).toEqual(refusal('MISSING_PASSWORD'));
  });

  test('a new password is chosen with the code of a mail, once', async () => {
    const request = { requestType: 'PASSWORD_RESET', clientType: 'CLIENT_TYPE_WEB' };
    expect(seen(await accounts('sendOobCode', { ...request, email: 'nobody@example.com' }))).toEqual(refusal('EMAIL_NOT_FOUND'));
    expect(seen(await accounts('sendOobCode', { ...request, email: 'ada@example.com' }))).toEqual([200, { kind: 'identitytoolkit#GetOobConfirmationCodeResponse', email: 'ada@example.com' }]);
    const listed = await ask(`emulator/v1/projects/${projectId}/oobCodes`, undefined, 'GET');
    expect(seen(listed)).toEqual([200, { oobCodes: [{ email: 'ada@example.com', requestType: 'PASSWORD_RESET', oobCode: 'string' }] }]);
    const [{ oobCode } = { oobCode: '' }] = listed.body['oobCodes'] as unknown as readonly { readonly oobCode: string }[];
    expect(seen(await accounts('resetPassword', { oobCode, newPassword: 'another horse' }))).toEqual([200, { kind: 'identitytoolkit#ResetPasswordResponse', requestType: 'PASSWORD_RESET', email: 'ada@example.com' }]);
    expect(seen(await accounts('resetPassword', { oobCode, newPassword: 'another horse' }))).toEqual(refusal('INVALID_OOB_CODE'));
    expect(seen(await accounts('signInWithPassword', ada))).toEqual(refusal('INVALID_PASSWORD'));
    expect((await accounts('signInWithPassword', { ...ada, password: 'another horse' })).status).toBe(200);
  });

  test('tells nobody which addresses have accounts, when it is asked not to', async () => {
    const hidden = { emailPrivacyConfig: { enableImprovedEmailPrivacy: true } };
    expect(seen(await ask(`emulator/v1/projects/${projectId}/config`, hidden, 'PATCH'))).toEqual([200, { signIn: { allowDuplicateEmails: false }, ...hidden }]);
    expect(seen(await accounts('signInWithPassword', { ...ada, password: 'wrong' }))).toEqual(refusal('INVALID_LOGIN_CREDENTIALS'));
    expect(seen(await accounts('signInWithPassword', { ...ada, email: 'nobody@example.com' }))).toEqual(refusal('INVALID_LOGIN_CREDENTIALS'));
    expect(seen(await accounts('sendOobCode', { requestType: 'PASSWORD_RESET', email: 'nobody@example.com' }))).toEqual([200, { kind: 'identitytoolkit#GetOobConfirmationCodeResponse', email: 'nobody@example.com' }]);
  });
});
