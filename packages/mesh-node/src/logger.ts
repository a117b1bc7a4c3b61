import { pino } from 'pino';
import type { Logger } from 'pino';

/** `silent` turns everything off. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const secretFields = ['token', 'credential', 'resumeSecret', 'setupToken', 'adminKey', 'privateKey', 'authorization', 'signingKey'];

/**
 * A pino logger that writes JSON lines to stderr, so that stdout stays free for data. It fits the `Log` port of `mesh`.
 * Fields whose names tell of a secret are left out, whoever put them there.
 */
export function createLogger(options: { readonly level: LogLevel; readonly name: string }): Logger {
  return pino(
    { level: options.level, name: options.name, redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: '(withheld)' } },
    pino.destination({ dest: 2, sync: true }),
  );
}
