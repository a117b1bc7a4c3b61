import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { forgetInvitationCode } from '../invitation.ts';
import { words } from '../languages/index.ts';
import { sitDown } from '../session.ts';
import type { Visit } from '../session.ts';
import { NameField, Title } from '../welcome-screen.tsx';
import { AccountForm } from './account-form.tsx';
import type { AccountMode } from './account-form.tsx';
import type { AccountProblem } from './account-problem.ts';
import { accountWords, problemText } from './account-words.ts';
import { loadSignIn } from './load-sign-in.ts';
import type { Player } from './sign-in.ts';

/** Somebody comes by the link of a table whose players sign in. */
export function askToSignIn(visit: Visit, mesh: string, problem: string | null): void {
  visit.show({ step: 'asked', screen: <SignInScreen visit={visit} mesh={mesh} before={problem} /> });
}

type Asked = { readonly for: 'name' } | { readonly for: 'account'; readonly isNeeded: boolean };

/** One may play at once, or as the player of an account; and must have one where the table asks for it. `before`: why an earlier seat is lost. */
function SignInScreen({ visit, mesh, before }: { readonly visit: Visit; readonly mesh: string; readonly before: string | null }): JSX.Element {
  const [asked, ask] = useState<Asked>({ for: 'name' });
  const [name, setName] = useState('');
  /** `undefined`: not known yet. */
  const [player, setPlayer] = useState<Player | null | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(before);
  const says = accountWords();

  const known = (now: Player | null): void => {
    setPlayer(now);
    setName((typed) => (typed === '' ? now?.name ?? '' : typed));
  };
  // Who is signed in here already is told so before anything is done as that player. It also fetches what is needed next.
  useEffect(() => { void loadSignIn().then((signIn) => signIn?.playerNow()).then((now) => known(now?.ok === true ? now.player : null)); }, []);

  const refuse = ({ kind }: AccountProblem, text: string): void => {
    setBusy(false);
    if (kind === 'accountNeeded') { setProblem(null); ask({ for: 'account', isNeeded: true }); return; }
    if (kind === 'signedOut') setPlayer(null);
    if (kind === 'closed') { forgetInvitationCode(); visit.show({ step: 'uninvited', problem: text }); } else setProblem(text);
  };
  /** As the player that the screen names, where it names one. */
  const take = async (called: string, as: Player | null): Promise<void> => {
    ask({ for: 'name' });
    setProblem(null);
    setBusy(true);
    const signIn = await loadSignIn();
    const joined = signIn === null ? { ok: false as const, problem: { kind: 'notLoaded' as const } } : await signIn.joinSignedIn(mesh, called, as === null || as.email === null ? null : as.uid);
    if (!joined.ok) { refuse(joined.problem, problemText(joined.problem)); return; }
    forgetInvitationCode();
    const { token, agent } = joined;
    // Each player of this browser has a store of their own.
    await sitDown(visit, token, { mesh: joined.mesh, name: called, invitation: visit.code, agent, identity: agent, player: { uid: joined.player.uid, hasAccount: joined.player.email !== null } });
  };
  const signedIn = (now: Player): void => {
    known(now);
    const called = name.trim() === '' ? now.name ?? '' : name.trim();
    if (called === '') ask({ for: 'name' }); else void take(called, now);
  };
  const leave = async (): Promise<void> => {
    const left = await (await loadSignIn())?.leaveAccount();
    if (left?.ok === true) { setPlayer(null); setName(''); } else setProblem(problemText(left?.problem ?? { kind: 'notLoaded' }));
  };

  if (asked.for === 'account') {
    const head = (mode: AccountMode): JSX.Element => <><h2>{says[mode].title}</h2>{asked.isNeeded && <p role="status" data-testid="account-needed">{says.needed}</p>}<p>{says[mode].how}</p></>;
    return (
      <main class="welcome">
        <Title />
        <div class="panel welcome-form">
          <AccountForm first={asked.isNeeded ? 'make' : 'signIn'} name={name.trim()} head={head} uid={null} onPlayer={signedIn} />
          <button type="button" class="quiet" data-testid="account-not" onClick={() => ask({ for: 'name' })}>{asked.isNeeded ? says.back : words.move.notNow}</button>
        </div>
      </main>
    );
  }
  const email = player?.email ?? null;
  const isReady = name.trim() !== '' && !isBusy;
  return (
    <main class="welcome">
      <Title />
      <form class="panel welcome-form" onSubmit={(event) => { event.preventDefault(); if (isReady) void take(name.trim(), player ?? null); }}>
        {email !== null && <p class="account-known" data-testid="signed-in-as"><span>{says.as(email)}</span> <button type="button" class="quiet" disabled={isBusy} data-testid="not-me" onClick={() => void leave()}>{says.notYou}</button></p>}
        <NameField name={name} isDisabled={isBusy} onName={setName} />
        <button type="submit" class="primary big" data-testid="join-button" disabled={!isReady}>{isBusy ? words.welcome.joining : words.welcome.join}</button>
        {email === null && <button type="button" class="quiet" disabled={isBusy || player === undefined} data-testid="have-account" onClick={() => { setProblem(null); ask({ for: 'account', isNeeded: false }); }}>{says.signIn.instead}</button>}
        {problem !== null && <p class="problem" role="alert" data-testid="problem">{problem}</p>}
      </form>
      <p class="small-print">{says.smallPrint}</p>
    </main>
  );
}
