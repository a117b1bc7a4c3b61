import type { Schema } from '@raft-mesh/state-machine';
import { errorCode } from './error-code.ts';
import { parsedJson } from './parsed-json.ts';
import { failed, problemFrom, succeeded } from './problem.ts';
import type { Result } from './problem.ts';

const jsonBytesMax = 4 * 1024 * 1024;

export interface HttpRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Bearer token. */
  readonly token?: string | null;
  readonly json?: unknown;
  /** The same for each attempt of one request; see the control plane. */
  readonly idempotencyKey?: string | null;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** One request whose answer is JSON of a known shape. Nothing answering, and any error status, is a problem and not a throw. */
export async function requestJson<Value>(request: HttpRequest, answer: Schema<Value>): Promise<Result<Value>> {
  const body = await requestBytes(request, jsonBytesMax);
  if (!body.ok) return body;
  const parsed = answer.safeParse(parsedJson(textOf(body.value)));
  return parsed.success ? succeeded(parsed.data) : failed(502, 'answerInvalid', `${request.url} answered, but not as agreed: ${parsed.error.issues[0]?.message ?? 'wrong shape'}.`, 'Check that both sides are of the same version.');
}

/** One request whose answer is bytes, at most `bytesMax` of them. */
export async function requestBytes(request: HttpRequest, bytesMax: number): Promise<Result<Uint8Array>> {
  const headers: Record<string, string> = {};
  if (request.token) headers['authorization'] = `Bearer ${request.token}`;
  if (request.idempotencyKey) headers['idempotency-key'] = request.idempotencyKey;
  if (request.json !== undefined) headers['content-type'] = 'application/json';
  if (request.bytes !== undefined) headers['content-type'] = 'application/octet-stream';
  try {
    const response = await fetch(request.url, {
      method: request.method ?? 'GET', headers, redirect: 'error', signal: request.signal === undefined ? AbortSignal.timeout(request.timeoutMs) : AbortSignal.any([request.signal, AbortSignal.timeout(request.timeoutMs)]),
      body: request.json !== undefined ? JSON.stringify(request.json) : (request.bytes ?? null),
    });
    const body = await readBounded(response, bytesMax);
    if (body === null) return failed(502, 'answerTooLarge', `${request.url} answered with more than ${bytesMax} bytes.`, 'Check that the address is right.');
    return response.ok ? succeeded(body) : problemFrom(response.status, parsedJson(textOf(body)), request.url);
  } catch (error) {
    return failed(503, 'unreachable', `${request.url} did not answer (${causeOf(error)}).`, 'Check that it is running and that the address is right, then try again.');
  }
}

async function readBounded(response: Response, bytesMax: number): Promise<Uint8Array | null> {
  if (response.body === null) return new Uint8Array();
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of response.body) {
    sizeBytes += piece.length;
    if (sizeBytes > bytesMax) return null;
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body).toString('utf8');
}

/** `fetch` says only "fetch failed"; what happened is in its cause. */
function causeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown cause';
  const code = errorCode('cause' in error ? error.cause : null);
  if (code !== null) return String(code);
  if ('name' in error && error.name === 'TimeoutError') return 'timed out';
  return 'message' in error ? String(error.message) : 'unknown cause';
}
