import { randomBytes } from 'node:crypto';

// The accounts of the stand-in, and its answers about them: what the Auth emulator of Firebase answers to the calls that the SDK makes for
// anonymous players and those with a password. `test/auth-emulator.integration.ts` asks both.

type Provider = 'anonymous' | 'password';
type Body = Readonly<Record<string, unknown>>;

interface User {
  readonly localId: string;
  readonly createdAt: string;
  lastLoginAt: string;
  lastRefreshAt?: string;
  validSince?: string;
  displayName?: string;
  email?: string;
  emailVerified?: boolean;
  salt?: string;
  passwordHash?: string;
  passwordUpdatedAt?: number;
}

/** What is answered with status 400 and this message. */
export class Refusal extends Error {}

function need(holds: unknown, message: string): asserts holds {
  if (holds === undefined || holds === null || holds === false || holds === '') throw new Refusal(message);
}

const passwordCharactersMin = 6;
const lifetimeSeconds = 3600;
const textIn = (body: Body, name: string): string | undefined => { const value = body[name]; return typeof value === 'string' ? value : undefined; };
const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export class StandInUsers {
  /** As projects made since 2023 have it: whether there is an account with an address is told to nobody. */
  hidesEmails = false;
  readonly #projectId: string;
  readonly #users = new Map<string, User>();
  readonly #codes = new Map<string, string>();

  constructor(projectId: string) {
    this.#projectId = projectId;
  }

  /** accounts:signUp, for a new user or, with an ID token, for one who was anonymous. */
  signUp(body: Body): object {
    const [email, password, idToken] = [textIn(body, 'email'), textIn(body, 'password'), textIn(body, 'idToken')];
    const provider: Provider = email === undefined && password === undefined && idToken === undefined ? 'anonymous' : 'password';
    if (provider === 'password') {
      need(email, 'MISSING_EMAIL');
      need(password, 'MISSING_PASSWORD');
      need(/^[^@]+@[^@]+$/u.test(email), 'INVALID_EMAIL');
      need(this.#byEmail(email) === undefined, 'EMAIL_EXISTS');
    }
    const secret = password === undefined ? {} : secretOf(password);
    const nowMs = String(Date.now());
    const user = idToken === undefined ? { localId: randomBytes(21).toString('base64url'), createdAt: nowMs, lastLoginAt: nowMs } : this.#userOf(idToken);
    this.#users.set(user.localId, Object.assign(user, secret, { lastLoginAt: nowMs }, email === undefined ? {} : { email: email.toLowerCase(), emailVerified: false }));
    return { kind: 'identitytoolkit#SignupNewUserResponse', localId: user.localId, ...(user.displayName === undefined ? {} : { displayName: user.displayName }), ...(user.email === undefined ? {} : { email: user.email }), ...this.#tokens(user, provider) };
  }

  /** accounts:signInWithPassword. */
  signInWithPassword(body: Body): object {
    const [email, password] = [textIn(body, 'email'), textIn(body, 'password')];
    need(email !== undefined, 'MISSING_EMAIL');
    need(/^[^@]+@[^@]+$/u.test(email), 'INVALID_EMAIL');
    need(password, 'MISSING_PASSWORD');
    const user = this.#byEmail(email);
    need(user, this.hidesEmails ? 'INVALID_LOGIN_CREDENTIALS' : 'EMAIL_NOT_FOUND');
    need(user.passwordHash === hashOf(password, user.salt ?? ''), this.hidesEmails ? 'INVALID_LOGIN_CREDENTIALS' : 'INVALID_PASSWORD');
    user.lastLoginAt = String(Date.now());
    return { kind: 'identitytoolkit#VerifyPasswordResponse', registered: true, localId: user.localId, email: user.email, ...this.#tokens(user, 'password') };
  }

  /** accounts:lookup, of whose ID token it is. */
  lookup(body: Body): object {
    return { kind: 'identitytoolkit#GetAccountInfoResponse', users: [whole(this.#userOf(textIn(body, 'idToken')))] };
  }

  /** projects/{project}/accounts:lookup, as the Admin SDK asks. */
  lookupByIds(body: Body): object {
    const ids: readonly unknown[] = Array.isArray(body['localId']) ? body['localId'] : [];
    const users = ids.flatMap((id) => this.#users.get(String(id)) ?? []);
    return { kind: 'identitytoolkit#GetAccountInfoResponse', ...(users.length === 0 ? {} : { users: users.map(whole) }) };
  }

  /** accounts:update, of how a user is called. */
  update(body: Body): object {
    const user = this.#userOf(textIn(body, 'idToken'));
    const displayName = textIn(body, 'displayName');
    if (displayName !== undefined) user.displayName = displayName;
    const { localId, emailVerified, providerUserInfo, email, passwordHash } = whole(user);
    return { kind: 'identitytoolkit#SetAccountInfoResponse', localId, emailVerified, providerUserInfo, email, displayName: user.displayName, passwordHash };
  }

  /** accounts:sendOobCode, for a new password. No mail is sent: `codes` has what would be in it. */
  sendCode(body: Body): object {
    const email = textIn(body, 'email')?.toLowerCase();
    need(textIn(body, 'requestType') === 'PASSWORD_RESET', 'MISSING_REQ_TYPE');
    need(email, 'MISSING_EMAIL');
    const user = this.#byEmail(email);
    need(user !== undefined || this.hidesEmails, 'EMAIL_NOT_FOUND');
    if (user !== undefined) this.#codes.set(randomBytes(40).toString('base64url'), email);
    return { kind: 'identitytoolkit#GetOobConfirmationCodeResponse', email };
  }

  /** emulator/v1/projects/{project}/oobCodes. */
  codes(): object {
    return { oobCodes: [...this.#codes].map(([oobCode, email]) => ({ email, requestType: 'PASSWORD_RESET', oobCode })) };
  }

  /** accounts:resetPassword, with the code of a mail. */
  resetPassword(body: Body): object {
    const [code, password] = [textIn(body, 'oobCode'), textIn(body, 'newPassword')];
    need(code, 'MISSING_OOB_CODE');
    const email = this.#codes.get(code);
    const user = email === undefined ? undefined : this.#byEmail(email);
    need(user, 'INVALID_OOB_CODE');
    if (password !== undefined) {
      Object.assign(user, secretOf(password), { emailVerified: true });
      this.#codes.delete(code);
    }
    return { kind: 'identitytoolkit#ResetPasswordResponse', requestType: 'PASSWORD_RESET', email };
  }

  /** securetoken.googleapis.com/v1/token. */
  refresh(body: Body): object {
    need(body['grant_type'] === 'refresh_token', 'INVALID_GRANT_TYPE');
    const { localId, provider } = JSON.parse(Buffer.from(textIn(body, 'refresh_token') ?? '', 'base64url').toString() || '{}') as { localId?: string; provider?: Provider };
    const user = this.#users.get(localId ?? '');
    need(user !== undefined && provider !== undefined, 'INVALID_REFRESH_TOKEN');
    const { idToken, refreshToken, expiresIn } = this.#tokens(user, provider);
    return { id_token: idToken, access_token: idToken, expires_in: expiresIn, refresh_token: refreshToken, token_type: 'Bearer', user_id: user.localId, project_id: '12345' };
  }

  #byEmail(email: string): User | undefined {
    return [...this.#users.values()].find((user) => user.email === email.toLowerCase());
  }

  #userOf(idToken: string | undefined): User {
    need(idToken, 'MISSING_ID_TOKEN');
    const { user_id: localId, iat } = claimsOf(idToken);
    need(localId, 'INVALID_ID_TOKEN');
    const user = this.#users.get(localId);
    need(user, 'USER_NOT_FOUND');
    need(user.validSince === undefined || (iat ?? 0) >= Number(user.validSince), 'TOKEN_EXPIRED');
    return user;
  }

  #tokens(user: User, provider: Provider): { readonly idToken: string; readonly refreshToken: string; readonly expiresIn: string } {
    user.lastRefreshAt = new Date().toISOString();
    const { localId, email, emailVerified, displayName } = user;
    const claims = {
      ...(displayName === undefined ? {} : { name: displayName }), ...(provider === 'anonymous' ? { provider_id: 'anonymous' } : {}), ...(email === undefined ? {} : { email, email_verified: emailVerified }),
      auth_time: Math.floor(Number(user.lastLoginAt) / 1000), user_id: localId, firebase: { identities: email === undefined ? {} : { email: [email] }, sign_in_provider: provider },
      iat: nowSeconds(), exp: nowSeconds() + lifetimeSeconds, aud: this.#projectId, iss: `https://securetoken.google.com/${this.#projectId}`, sub: localId,
    };
    return { idToken: `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`, refreshToken: part({ localId, provider }), expiresIn: String(lifetimeSeconds) };
  }
}

function claimsOf(idToken: string): { readonly user_id?: string; readonly iat?: number } {
  try {
    return JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString()) as { user_id?: string; iat?: number };
  } catch {
    return {};
  }
}

const hashOf = (password: string, salt: string): string => `fakeHash:salt=${salt}:password=${password}`;

function secretOf(password: string): Pick<User, 'salt' | 'passwordHash' | 'passwordUpdatedAt' | 'validSince'> {
  need(password.length >= passwordCharactersMin, `WEAK_PASSWORD : Password should be at least ${passwordCharactersMin} characters`);
  const salt = `fakeSalt${randomBytes(10).toString('hex')}`;
  return { salt, passwordHash: hashOf(password, salt), passwordUpdatedAt: Date.now(), validSince: String(nowSeconds()) };
}

function whole(user: User): User & { readonly providerUserInfo?: readonly object[] } {
  const { email, displayName } = user;
  return email === undefined ? user : { ...user, providerUserInfo: [{ providerId: 'password', email, federatedId: email, rawId: email, ...(displayName === undefined ? {} : { displayName }) }] };
}
