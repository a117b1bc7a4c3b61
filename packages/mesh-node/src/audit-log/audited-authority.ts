import type { Authority, Log } from '@raft-mesh/mesh';
import type { AuditEvent } from './audit-line.ts';

/** Notes one event; never waits, never throws. */
export type Note = (event: AuditEvent) => void;

/** An authority that notes whom it lets in by a token, and whom it refuses. Operators ask often: only refusals of theirs are noted. */
export function auditedAuthority(authority: Authority, note: Note): Authority {
  return {
    ...authority,
    async verifyJoinToken(token) {
      const verified = await authority.verifyJoinToken(token);
      if (verified.ok) note({ event: 'joinTokenAccepted', agent: verified.claims.sub, tokenId: verified.claims.jti, accessRole: verified.claims.accessRole });
      else note({ event: 'joinTokenRefused', code: verified.error.code });
      return verified;
    },
    async verifyOperateToken(token) {
      const verified = await authority.verifyOperateToken(token);
      if (!verified.ok) note({ event: 'operateTokenRefused', code: verified.error.code });
      return verified;
    },
    async verifyManagerCredential(credential) {
      const verified = await authority.verifyManagerCredential(credential);
      if (!verified.ok) note({ event: 'managerCredentialRefused', code: verified.error.code });
      return verified;
    },
  };
}

/** A log whose named events (`event`), and whose refusals of links (`remote` with a `code`), are noted too. */
export function auditedLog(log: Log, note: Note): Log {
  const noting = (level: 'info' | 'warn') => (fields: object, message: string) => {
    log[level](fields, message);
    const event = eventOf(fields);
    if (event !== null) note(event);
  };
  return { debug: (fields, message) => log.debug(fields, message), info: noting('info'), warn: noting('warn'), error: (fields, message) => log.error(fields, message) };
}

function eventOf(fields: object): AuditEvent | null {
  const plain = Object.fromEntries(Object.entries(fields).flatMap(([name, value]: [string, unknown]) => {
    const isPlain = value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return isPlain ? [[name, value] as const] : Array.isArray(value) ? [[name, value.map(String).join(' ')] as const] : [];
  }));
  const { event, remote, code, claimed, repeated } = plain;
  if (typeof event === 'string') return { ...plain, event };
  return typeof remote === 'string' && typeof code === 'string' ? { event: 'linkRefused', remote, code, ...(claimed === undefined ? {} : { claimed }), ...(repeated === undefined ? {} : { repeated }) } : null;
}
