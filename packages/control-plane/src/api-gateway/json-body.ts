import type { Context } from 'hono';
import { succeeded } from '@raft-mesh/mesh-node';
import type { Result, Schema } from '@raft-mesh/mesh-node';
import { problems } from '../mesh-manager/problems.ts';

/** The body as JSON of a known shape; an empty one counts as `{}`. Its size was checked before. */
export async function jsonBody<Value>(context: Context, schema: Schema<Value>): Promise<Result<Value>> {
  const text = await context.req.text();
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch {
    return problems.bodyInvalid('it is no JSON.');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return succeeded(parsed.data);
  const issue = parsed.error.issues[0];
  return problems.bodyInvalid(`${issue?.path.map(String).join('.') || 'the body'}: ${issue?.message ?? 'wrong'}`);
}
