import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { problemResponse } from '@raft-mesh/mesh-node';
import { problems } from '../mesh-manager/problems.ts';

/** Refuses a body of more bytes (`bodyTooLarge`). One whose length is not announced is read whole here, so who sends it is checked before. */
export function limitedBody(bytesMax: number): MiddlewareHandler {
  return bodyLimit({ maxSize: bytesMax, onError: (context) => problemResponse(context, problems.bodyTooLarge(bytesMax).problem) });
}
