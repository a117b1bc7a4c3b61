import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import '../styles/account.css';
import { fieldOf } from './account-problem.ts';
import type { AccountProblem } from './account-problem.ts';
import { accountWords, problemText } from './account-words.ts';
import { loadSignIn } from './load-sign-in.ts';
import type { Player } from './sign-in.ts';

export type AccountMode = 'make' | 'signIn' | 'reset';

interface Properties {
  readonly first: AccountMode;
  /** How the player is called, for a new account; '' when that is not known. */
  readonly name: string;
  /** What is said above the fields. */
  readonly head: (mode: AccountMode) => JSX.Element;
  /** Only this player gets an account; `null`: whoever is signed in here. */
  readonly uid: string | null;
  readonly onPlayer: (player: Player, mode: AccountMode) => void;
}

const fieldProblem = 'account-problem';

/** An e-mail address and a password: to make an account, to sign in with one, or to have a new password sent. */
export function AccountForm({ first, name, head, uid, onPlayer }: Properties): JSX.Element {
  const [mode, setMode] = useState(first);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [isShown, setShown] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<AccountProblem | null>(null);
  const [sentTo, setSentTo] = useState<string | null>(null);
  const fields = { email: useRef<HTMLInputElement>(null), password: useRef<HTMLInputElement>(null) };
  const isThere = useRef(true);
  useEffect(() => () => { isThere.current = false; }, []);
  const says = accountWords();
  const wrongField = problem === null ? null : fieldOf(problem);

  // It has to be read before the field is tried again. While it was busy it could not have the focus.
  useEffect(() => { if (wrongField !== null) fields[wrongField].current?.focus(); }, [problem]);
  useEffect(() => { fields.email.current?.focus(); }, [mode === 'reset']);

  const turnTo = (next: AccountMode): void => { setMode(next); setProblem(null); setSentTo(null); };
  const send = async (): Promise<void> => {
    const address = email.trim();
    if (address === '') { setProblem({ kind: 'emailMissing' }); return; }
    if (mode !== 'reset' && password === '') { setProblem({ kind: 'passwordMissing' }); return; }
    setProblem(null);
    setBusy(true);
    const signIn = await loadSignIn();
    if (signIn === null) setProblem({ kind: 'notLoaded' });
    else if (mode === 'reset') {
      const sent = await signIn.sendReset(address);
      if (sent.ok) { setMode('signIn'); setSentTo(address); } else setProblem(sent.problem);
    } else {
      const done = mode === 'make' ? await signIn.makeAccount({ email: address, password }, name, uid) : await signIn.signInWithAccount({ email: address, password });
      // Who has turned away meanwhile is asked for nothing, and sits down nowhere.
      if (!isThere.current) return;
      if (done.ok) { setPassword(''); onPlayer(done.player, mode); } else setProblem(done.problem);
    }
    setBusy(false);
  };
  const described = (field: 'email' | 'password'): { readonly 'aria-invalid': boolean; readonly 'aria-describedby'?: string } => (wrongField === field ? { 'aria-invalid': true, 'aria-describedby': fieldProblem } : { 'aria-invalid': false });
  const told = problem === null ? null : <p id={fieldProblem} class="problem" role="alert" data-testid="account-problem" data-kind={problem.kind}>{problemText(problem)}</p>;
  return (
    // Were it ever sent by the browser itself, what is in it must not get into an address.
    <form class="account-form" method="post" noValidate data-testid="account-form" data-mode={mode} onSubmit={(event) => { event.preventDefault(); if (!isBusy) void send(); }}>
      {head(mode)}
      {sentTo !== null && <p role="status" data-testid="reset-sent">{says.reset.sent(sentTo)}</p>}
      <div class="account-field">
        <label for="account-email">{says.email}</label>
        <input
          id="account-email" name="email" ref={fields.email} type="email" value={email} maxLength={254} autoComplete="username" autoCapitalize="none" spellcheck={false} required readOnly={isBusy}
          data-testid="account-email" {...described('email')} onInput={(event) => setEmail(event.currentTarget.value)}
        />
        {wrongField === 'email' && told}
      </div>
      {mode !== 'reset' && (
        <div class="account-field">
          <label for="account-password">{mode === 'make' ? says.newPassword : says.password}</label>
          <div class="account-password">
            <input
              id="account-password" name="password" ref={fields.password} {...(isShown ? { type: 'text' as const } : { type: 'password' as const })} value={password} maxLength={4096} autoComplete={mode === 'make' ? 'new-password' : 'current-password'} autoCapitalize="none" spellcheck={false} required readOnly={isBusy}
              data-testid="account-password" {...described('password')} onInput={(event) => setPassword(event.currentTarget.value)}
            />
            <button type="button" aria-pressed={isShown} aria-label={`${isShown ? says.hide : says.show}: ${says.password}`} onClick={() => setShown(!isShown)}>{isShown ? says.hide : says.show}</button>
          </div>
          {wrongField === 'password' && told}
        </div>
      )}
      {wrongField === null && told}
      <button type="submit" class="primary big" aria-disabled={isBusy} data-testid="account-go">{isBusy ? says.wait : says[mode].go}</button>
      <div class="account-others">
        {mode === 'signIn' && <button type="button" class="quiet" disabled={isBusy} data-testid="account-reset" onClick={() => turnTo('reset')}>{says.reset.instead}</button>}
        {mode === 'signIn' && <button type="button" class="quiet" disabled={isBusy} data-testid="account-make" onClick={() => turnTo('make')}>{says.make.instead}</button>}
        {mode === 'make' && <button type="button" class="quiet" disabled={isBusy} data-testid="account-sign-in" onClick={() => turnTo('signIn')}>{says.signIn.instead}</button>}
        {mode === 'reset' && <button type="button" class="quiet" disabled={isBusy} data-testid="account-back" onClick={() => turnTo('signIn')}>{says.back}</button>}
      </div>
    </form>
  );
}
