/** Why something about an account did not work, as far as a player can do something about it. */
export type AccountProblem =
  | { readonly kind: 'emailMissing' | 'emailInvalid' | 'emailTaken' | 'passwordMissing' | 'passwordWeak' | 'passwordRules' | 'wrong' }
  /** `closed`: nobody gets to this table by signing in. `accountNeeded`: who has no account does not. */
  | { readonly kind: 'closed' | 'accountNeeded' }
  | { readonly kind: 'offline' | 'silent' | 'notLoaded' | 'tooMany' | 'disabled' | 'notOffered' | 'signedOut' | 'strange' }
  | { readonly kind: 'trouble'; readonly code: string };

/** The field that has to be changed; `null` when neither would help. */
export function fieldOf({ kind }: AccountProblem): 'email' | 'password' | null {
  switch (kind) {
    case 'emailMissing': case 'emailInvalid': case 'emailTaken': return 'email';
    case 'passwordMissing': case 'passwordWeak': case 'passwordRules': case 'wrong': return 'password';
    case 'closed': case 'accountNeeded': case 'offline': case 'silent': case 'notLoaded': case 'tooMany': case 'disabled': case 'notOffered': case 'signedOut': case 'strange': case 'trouble': return null;
    default: return kind satisfies never;
  }
}

/** What an error of Firebase's SDK means. Whether an address or only its password is wrong is told to nobody who does not know both. */
export function problemOf(error: unknown): AccountProblem {
  const code = String(Object(error)['code']);
  switch (code) {
    case 'auth/missing-email': return { kind: 'emailMissing' };
    case 'auth/invalid-email': return { kind: 'emailInvalid' };
    case 'auth/email-already-in-use': case 'auth/credential-already-in-use': return { kind: 'emailTaken' };
    case 'auth/missing-password': return { kind: 'passwordMissing' };
    case 'auth/weak-password': return { kind: 'passwordWeak' };
    case 'auth/password-does-not-meet-requirements': return { kind: 'passwordRules' };
    case 'auth/wrong-password': case 'auth/user-not-found': case 'auth/invalid-credential': case 'auth/invalid-login-credentials': return { kind: 'wrong' };
    case 'auth/network-request-failed': case 'auth/timeout': return { kind: 'offline' };
    case 'auth/too-many-requests': case 'auth/quota-exceeded': return { kind: 'tooMany' };
    case 'auth/user-disabled': return { kind: 'disabled' };
    case 'auth/operation-not-allowed': case 'auth/admin-restricted-operation': return { kind: 'notOffered' };
    case 'auth/user-token-expired': case 'auth/invalid-user-token': case 'auth/null-user': case 'auth/requires-recent-login': return { kind: 'signedOut' };
    default: return code.startsWith('auth/') ? { kind: 'trouble', code } : { kind: 'silent' };
  }
}
