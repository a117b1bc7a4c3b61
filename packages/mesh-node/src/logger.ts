import { pino } from 'pino';
import type { Logger } from 'pino';

const secretFields = ['token', 'credential', 'resumeSecret', 'setupToken', 'adminKey', 'privateKey', 'authorization', 'signingKey'];

/**
 * A pino logger that writes JSON lines to stderr, so that stdout stays free for data. It fits the `Log` port of `mesh`.
 * Fields whose names tell of a secret are left out, whoever put them there. `level`: `debug`, `info`, `warn`, `error`, or `silent` for nothing;
 * pino throws on any other.
 */
export function createLogger(options: { readonly level: string; readonly name: string }): Logger {
  return pino(
    { level: options.level, name: options.name, redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: '(withheld)' } },
    pino.destination({ dest: 2, sync: true }),
  );
}
