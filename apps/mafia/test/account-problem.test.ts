import { describe, expect, test } from '@jest/globals';
import { fieldOf, problemOf } from '../src/page/client/account/account-problem.ts';

describe('what went wrong with an account', () => {
  test.each([
    ['auth/email-already-in-use', 'emailTaken', 'email'], ['auth/invalid-email', 'emailInvalid', 'email'], ['auth/weak-password', 'passwordWeak', 'password'], ['auth/password-does-not-meet-requirements', 'passwordRules', 'password'],
    ['auth/wrong-password', 'wrong', 'password'], ['auth/user-not-found', 'wrong', 'password'], ['auth/invalid-credential', 'wrong', 'password'], ['auth/network-request-failed', 'offline', null],
    ['auth/too-many-requests', 'tooMany', null], ['auth/user-disabled', 'disabled', null], ['auth/admin-restricted-operation', 'notOffered', null], ['auth/user-token-expired', 'signedOut', null],
  ])('%s is told as %s', (code, kind, field) => {
    const problem = problemOf(Object.assign(new Error('as the SDK throws it'), { code }));
    expect(problem).toEqual({ kind });
    expect(fieldOf(problem)).toBe(field);
  });

  test('what nobody thought of is told with its code, and a host that does not answer as that', () => {
    expect(problemOf(Object.assign(new Error('new'), { code: 'auth/something-new' }))).toEqual({ kind: 'trouble', code: 'auth/something-new' });
    expect(problemOf(new TypeError('Failed to fetch'))).toEqual({ kind: 'silent' });
    expect(problemOf(new DOMException('The operation timed out.', 'TimeoutError'))).toEqual({ kind: 'silent' });
    expect(problemOf(undefined)).toEqual({ kind: 'silent' });
  });
});
