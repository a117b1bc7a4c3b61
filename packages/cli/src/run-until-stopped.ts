import { exitWithParent } from '@raft-mesh/mesh-node';
import { exitCodes, type ExitCode } from './exit-codes.ts';

/**
 * Runs a long-lived part until SIGINT, SIGTERM, its own fatal stop, or (when asked) the end of its parent; then stops it
 * cleanly. A second signal, or 5 s, ends it without waiting.
 */
export async function runUntilStopped(
  options: { readonly exitWithParent?: boolean },
  start: (stopNow: (reason: string, exitCode?: ExitCode) => void, firstLine: Promise<string>) => Promise<{ stop(): Promise<void> }>,
): Promise<void> {
  let ended: (reason: string) => void = () => {};
  const end = new Promise<string>((resolve) => { ended = resolve; });
  const parent = options.exitWithParent === true ? exitWithParent(() => ended('parent')) : null;
  process.once('SIGINT', () => ended('SIGINT')).once('SIGTERM', () => ended('SIGTERM'));
  let failure: string | null = null;
  let failureCode: ExitCode = exitCodes.failed;
  const stopNow = (reason: string, exitCode?: ExitCode): void => { failure = reason; failureCode = exitCode ?? exitCodes.failed; ended('failed'); };
  const part = await start(stopNow, parent?.firstLine ?? Promise.resolve('')).catch((error: unknown) => {
    // Or what could not start would stay, for as long as its parent waits for it.
    parent?.stopListening();
    throw error;
  });
  const how = await end;
  process.once('SIGINT', () => process.exit(exitCodes.interrupted));
  setTimeout(() => process.exit(exitCodes.failed), 5_000).unref();
  await part.stop();
  if (failure !== null) process.stderr.write(`stopped: ${String(failure)}\n`);
  process.exit(how === 'failed' ? failureCode : how === 'SIGINT' ? exitCodes.interrupted : exitCodes.ok);
}
