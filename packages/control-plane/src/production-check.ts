/** Emulators take unsigned tokens and keep nothing: what is for tests must never stand behind a real mesh. */
const emulatorVariables = ['FIREBASE_AUTH_EMULATOR_HOST', 'FIRESTORE_EMULATOR_HOST'] as const;

/** Throws when this is production and an emulator's variable is set. */
export function refuseEmulatorsInProduction(isProduction: boolean, environment: Readonly<Record<string, string | undefined>>): void {
  const set = emulatorVariables.filter((name) => (environment[name] ?? '') !== '');
  if (!isProduction || set.length === 0) return;
  throw new Error(`${set.join(' and ')} ${set.length === 1 ? 'is' : 'are'} set, and this is production (--production, or NODE_ENV=production): whoever can make an emulator's token would be let in. Unset ${set.length === 1 ? 'it' : 'them'}, or start without production.`);
}
