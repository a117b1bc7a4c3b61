import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Problem } from '@raft-mesh/mesh-node';
import type { Answer } from './route.ts';

/** An answer as bytes: it can be sent, and kept for whoever asks the same again. */
export interface RenderedAnswer {
  readonly status: number;
  /** `null`: no body. */
  readonly contentType: string | null;
  readonly body: Uint8Array<ArrayBuffer>;
}

export function renderProblem(problem: Problem): RenderedAnswer {
  return { status: problem.status, contentType: 'application/problem+json', body: bytesOf(JSON.stringify(problem)) };
}

export function renderValue(answer: Answer<unknown>, value: unknown): RenderedAnswer {
  if (answer.status === 204) return { status: 204, contentType: null, body: new Uint8Array() };
  if (answer.status === 101) throw new Error('a WebSocket is served, not rendered');
  if ('schema' in answer) return { status: answer.status, contentType: 'application/json', body: bytesOf(JSON.stringify(value)) };
  const text = answer.contentType.startsWith('text/') ? `${answer.contentType}; charset=utf-8` : answer.contentType;
  return { status: answer.status, contentType: text, body: value instanceof Uint8Array ? new Uint8Array(value) : bytesOf(String(value)) };
}

export function sendAnswer(context: Context, { status, contentType, body }: RenderedAnswer): Response {
  if (status === 401) context.header('www-authenticate', 'Bearer');
  // Set here and not by way of `context.res`, which would make a whole Response and copy it.
  context.header('cache-control', 'no-store');
  return contentType === null ? context.body(null, 204) : context.body(body, { status: status as ContentfulStatusCode, headers: { 'content-type': contentType } });
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
