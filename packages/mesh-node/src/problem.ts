import { control } from '@raft-mesh/protocol';

/** An expected failure: what happened (`detail`), its stable `code`, the HTTP status that fits it, and what to do `next`. */
export type Problem = control.ControlProblem;

export type Result<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly problem: Problem };

export function succeeded<Value>(value: Value): Result<Value> {
  return { ok: true, value };
}

export function failed(status: number, code: string, detail: string, next: string): { readonly ok: false; readonly problem: Problem } {
  return { ok: false, problem: { type: 'about:blank', title: titleOf(code), status, code, detail, next } };
}

/** Reads a problem+json body; anything else becomes a problem of its own. */
export function problemFrom(status: number, body: unknown, url: string): { readonly ok: false; readonly problem: Problem } {
  const parsed = control.problem.safeParse(body);
  if (parsed.success) return { ok: false, problem: parsed.data };
  return failed(status, 'unexpectedAnswer', `${url} answered with status ${status} and no problem that can be read.`, 'Check that the address is right and that nothing stands between.');
}

/** `setupTokenSpent` → `Setup token spent`. */
function titleOf(code: string): string {
  const words = code.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
