import { words } from '../languages/index.ts';
import type { LanguageTag } from '../languages/index.ts';
import type { AccountProblem } from './account-problem.ts';

// What the page says of accounts, in every language: it comes with the part of the page that needs it.

interface AccountWords {
  readonly email: string;
  readonly password: string;
  readonly newPassword: string;
  readonly show: string;
  readonly hide: string;
  readonly wait: string;
  readonly back: string;
  readonly make: { readonly title: string; readonly how: string; readonly go: string; readonly instead: string };
  readonly signIn: { readonly title: string; readonly how: string; readonly go: string; readonly instead: string };
  readonly reset: { readonly title: string; readonly how: string; readonly go: string; readonly instead: string; readonly sent: (email: string) => string };
  readonly needed: string;
  readonly smallPrint: string;
  readonly as: (email: string) => string;
  readonly notYou: string;
  readonly keep: { readonly title: string; readonly how: string; readonly instead: (name: string) => string; readonly kept: (email: string) => string; readonly elsewhere: string; readonly gone: string; readonly close: string };
  readonly leave: { readonly title: string; readonly how: string };
  readonly problems: { readonly [Kind in Exclude<AccountProblem['kind'], 'trouble' | 'notLoaded'>]: string } & { readonly trouble: (code: string) => string };
}

export const everyAccountWords: Readonly<Record<LanguageTag, AccountWords>> = {
  en: {
    email: 'E-mail', password: 'Password', newPassword: 'New password, at least 6 characters', show: 'Show', hide: 'Hide', wait: 'One moment…', back: 'Back',
    make: { title: 'Make an account', how: 'An e-mail address and a password: with them your seat is yours on every device.', go: 'Make the account', instead: 'I have no account yet' },
    signIn: { title: 'Sign in', how: 'With the account that keeps your seat, you sit down where you sat.', go: 'Sign in', instead: 'I have an account' },
    reset: {
      title: 'A new password', how: 'You get an e-mail with a link by which you choose a new password.', go: 'Send the e-mail', instead: 'I forgot my password',
      sent: (email) => `If ${email} has an account, an e-mail is on its way there. Choose a new password, then sign in here.`,
    },
    needed: 'This table is for players with an account.', smallPrint: 'Nothing to install. Close the tab and come back: your seat waits.', as: (email) => `Signed in as ${email}.`, notYou: 'That is not me',
    keep: {
      title: 'Keep my seat with an account', how: 'Now this browser alone knows that the seat is yours. With an account you have it on every device, and after the browser has forgotten everything.',
      instead: (name) => `This browser then leaves the seat that it has as ${name}, and nobody can come back to it.`, kept: (email) => `Your seat is kept with ${email}.`,
      elsewhere: 'On another device, open the link of this table, choose “I have an account”, and go on there. This device then stops.',
      gone: 'This browser is not signed in any more as the player who took this seat, so no account can be tied to it here. You can go on playing.', close: 'Done',
    },
    leave: { title: 'Sign out on this device', how: 'When you sign out, the seat stays yours: it waits until you sign in again, here or elsewhere. Until then you are away, and a game goes on without you.' },
    problems: {
      emailMissing: 'Type your e-mail address.', emailInvalid: 'This is no whole e-mail address.', emailTaken: 'There is an account with this address already. Sign in with it, or use another address.',
      passwordMissing: 'Type your password.', passwordWeak: 'This password is too weak. Use at least 6 characters, better 12.', passwordRules: 'This password is too weak here. Make it longer, with small and capital letters, digits and other signs.',
      wrong: 'This address and this password do not belong together. Try again, or have a new password sent.',
      closed: 'Nobody gets to this table by signing in. Ask whoever invited you for an invitation.', accountNeeded: 'This table is for players with an account. Sign in, or make one.',
      offline: 'There is no connection to where players sign in. Check your network and try again.', silent: 'The host does not answer. Check your connection and try again.',
      tooMany: 'There were too many attempts. Wait a few minutes, or have a new password sent.', disabled: 'This account has been closed by whoever runs the game.', notOffered: 'Whoever runs this game does not offer accounts with a password.',
      signedOut: 'You have been signed out. Sign in again.', strange: 'The host answered in a way this page does not understand. Reload the page.', trouble: (code) => `That did not work (${code}). Try again in a moment.`,
    },
  },
  de: {
    email: 'E-Mail', password: 'Passwort', newPassword: 'Neues Passwort, mindestens 6 Zeichen', show: 'Zeigen', hide: 'Verbergen', wait: 'Einen Moment …', back: 'Zurück',
    make: { title: 'Ein Konto anlegen', how: 'Eine E-Mail-Adresse und ein Passwort: Damit gehört dein Platz auf jedem Gerät dir.', go: 'Konto anlegen', instead: 'Ich habe noch kein Konto' },
    signIn: { title: 'Anmelden', how: 'Mit dem Konto, das deinen Platz behält, sitzt du wieder, wo du gesessen hast.', go: 'Anmelden', instead: 'Ich habe ein Konto' },
    reset: {
      title: 'Ein neues Passwort', how: 'Du bekommst eine E-Mail mit einem Link, über den du ein neues Passwort wählst.', go: 'E-Mail schicken', instead: 'Ich habe mein Passwort vergessen',
      sent: (email) => `Wenn es zu ${email} ein Konto gibt, ist eine E-Mail dorthin unterwegs. Wähl ein neues Passwort und melde dich dann hier an.`,
    },
    needed: 'An diesem Tisch spielt man mit einem Konto.', smallPrint: 'Nichts zu installieren. Schließ den Tab und komm wieder: Dein Platz wartet.', as: (email) => `Angemeldet als ${email}.`, notYou: 'Das bin ich nicht',
    keep: {
      title: 'Meinen Platz mit einem Konto behalten', how: 'Bisher weiß nur dieser Browser, dass der Platz dir gehört. Mit einem Konto hast du ihn auf jedem Gerät, auch wenn der Browser alles vergessen hat.',
      instead: (name) => `Dieser Browser verlässt dann den Platz, den er als ${name} hat, und niemand kann dorthin zurück.`, kept: (email) => `Dein Platz wird mit ${email} behalten.`,
      elsewhere: 'Öffne auf einem anderen Gerät den Link dieses Tisches, wähl „Ich habe ein Konto“, und spiel dort weiter. Dieses Gerät hört dann auf.',
      gone: 'Dieser Browser ist nicht mehr als die Person angemeldet, die diesen Platz genommen hat. Deshalb lässt sich hier kein Konto damit verbinden. Weiterspielen kannst du.', close: 'Fertig',
    },
    leave: { title: 'Auf diesem Gerät abmelden', how: 'Wenn du dich abmeldest, bleibt der Platz deiner: Er wartet, bis du dich wieder anmeldest, hier oder anderswo. Bis dahin bist du nicht da, und ein Spiel geht ohne dich weiter.' },
    problems: {
      emailMissing: 'Gib deine E-Mail-Adresse ein.', emailInvalid: 'Das ist keine vollständige E-Mail-Adresse.', emailTaken: 'Zu dieser Adresse gibt es schon ein Konto. Melde dich damit an, oder nimm eine andere Adresse.',
      passwordMissing: 'Gib dein Passwort ein.', passwordWeak: 'Dieses Passwort ist zu schwach. Nimm mindestens 6 Zeichen, besser 12.', passwordRules: 'Dieses Passwort ist hier zu schwach. Nimm ein längeres, mit kleinen und großen Buchstaben, Ziffern und anderen Zeichen.',
      wrong: 'Diese Adresse und dieses Passwort gehören nicht zusammen. Versuch es noch einmal, oder lass dir ein neues Passwort schicken.',
      closed: 'An diesen Tisch kommt niemand durch Anmelden. Bitte um eine Einladung.', accountNeeded: 'An diesem Tisch spielt man mit einem Konto. Melde dich an, oder leg eines an.',
      offline: 'Die Anmeldung ist nicht zu erreichen. Prüf dein Netz und versuch es noch einmal.', silent: 'Der Rechner des Spiels antwortet nicht. Prüf deine Verbindung und versuch es noch einmal.',
      tooMany: 'Das waren zu viele Versuche. Warte ein paar Minuten, oder lass dir ein neues Passwort schicken.', disabled: 'Dieses Konto hat geschlossen, wer das Spiel betreibt.', notOffered: 'Wer dieses Spiel betreibt, bietet keine Konten mit Passwort an.',
      signedOut: 'Du bist abgemeldet worden. Melde dich noch einmal an.', strange: 'Die Antwort ist dieser Seite unverständlich. Lade die Seite neu.', trouble: (code) => `Das ging nicht (${code}). Versuch es gleich noch einmal.`,
    },
  },
};

/** In the language that the page speaks now. */
export const accountWords = (): AccountWords => everyAccountWords[words.tag === 'de' ? 'de' : 'en'];

export function problemText(problem: AccountProblem): string {
  const says = accountWords().problems;
  switch (problem.kind) {
    case 'trouble': return says.trouble(problem.code);
    case 'notLoaded': return words.send.notLoaded;
    default: return says[problem.kind];
  }
}
