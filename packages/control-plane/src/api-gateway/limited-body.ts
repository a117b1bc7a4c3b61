import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { problemResponse } from '@raft-mesh/mesh-node';
import { problems } from '../mesh-manager/problems.ts';

/** Refuses a body of more bytes (`bodyTooLarge`). One whose length is not announced is read whole here, so who sends it is checked before. */
export function limitedBody(bytesMax: number): MiddlewareHandler {
  const refuse = (context: Context) => problemResponse(context, problems.bodyTooLarge(bytesMax).problem);
  const limitUnannounced = bodyLimit({ maxSize: bytesMax, onError: refuse });
  return (context, next) => {
    const announced = context.req.header('content-length');
    // The library would begin to read even here, as a stream, which costs more than all else about a small request. Node ends a request that brings more than it announced.
    if (announced === undefined || context.req.header('transfer-encoding') !== undefined) return limitUnannounced(context, next);
    return Number(announced) <= bytesMax ? next() : Promise.resolve(refuse(context));
  };
}
