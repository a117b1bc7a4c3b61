import { STATUS_CODES, createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { RequestError, getRequestListener } from '@hono/node-server';
import { errorCode } from './error-code.ts';
import { failed } from './problem.ts';
import type { Problem } from './problem.ts';

export interface HttpServerOptions {
  readonly fetch: Parameters<typeof getRequestListener>[0];
  /** Stands for the host where a request names none. */
  readonly hostname: string;
  /** PEM; `null` serves plain HTTP. Default: `null`. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | null;
  /** How long all of a request may take, in ms. Default: 15,000. */
  readonly requestTimeoutMs?: number;
}

/** In ms: how long a request's head may take. Who sends slower than that is cut off. */
const headTimeoutMs = 5_000;
const keepAliveTimeoutMs = 5_000;
/** How often the above are looked at. */
const timeoutLookMs = 1_000;
const headBytesMax = 16 * 1024;

/** A server that answers by `fetch`. What is no HTTP gets a problem too (RFC 9457), and slow senders are cut off, also those who send nothing. */
export function createHttpServer({ fetch, hostname, tls = null, requestTimeoutMs = 15_000 }: HttpServerOptions): Server {
  const answer = getRequestListener(fetch, {
    hostname,
    // What `fetch` throws it answers itself: this is a request that could not even be put to it.
    errorHandler: (error) => {
      const { problem } = error instanceof RequestError ? requestInvalid('its target or its host is not valid') : failed(500, 'internal', 'Something went wrong here.', 'Try again, or ask another manager.');
      return new Response(JSON.stringify(problem), { status: problem.status, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' } });
    },
  });
  const limits = { headersTimeout: headTimeoutMs, requestTimeout: requestTimeoutMs, keepAliveTimeout: keepAliveTimeoutMs, connectionsCheckingInterval: timeoutLookMs, maxHeaderSize: headBytesMax, requireHostHeader: false };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    // RFC 9112 §3.2; Node's own answer would be no problem.
    if (request.headers.host === undefined && request.httpVersion === '1.1') refuse(response, requestInvalid('it names no host').problem);
    else void answer(request, response);
  };
  const server: Server = tls === null ? createServer(limits, onRequest) : createSecureServer({ ...limits, ...tls, minVersion: 'TLSv1.2' }, onRequest);
  server.on('checkExpectation', (_request, response) => refuse(response, failed(417, 'expectationFailed', 'Only 100-continue may be expected.', 'Leave the header Expect out.').problem));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseSocket(socket, problemOf(error.code)));
  return server;
}

function refuse(response: ServerResponse, problem: Problem): void {
  response.writeHead(problem.status, { 'content-type': 'application/problem+json', connection: 'close' }).end(JSON.stringify(problem));
}

/** Says on a socket why it is closed, and closes it whether or not the other side does. */
export function refuseSocket(socket: Duplex, problem: Problem): void {
  socket.on('error', () => {});
  if (!socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(problem);
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
}

function problemOf(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW': return failed(431, 'headTooLarge', `The head of the request is larger than ${headBytesMax} bytes.`, 'Send less in it.').problem;
    case 'ERR_HTTP_REQUEST_TIMEOUT': return failed(408, 'requestTimedOut', 'The request did not come in time.', 'Send it at once.').problem;
    default: return requestInvalid('it does not follow the grammar of HTTP').problem;
  }
}

function requestInvalid(why: string) {
  return failed(400, 'requestInvalid', `This is no HTTP request that can be read: ${why}.`, 'Send it as RFC 9112 says.');
}

/** Whether a request failed because who sent it went away in its middle: nobody's fault here, and nobody is left to be told. */
export function wasCutOff(error: unknown): boolean {
  return errorCode(error) === 'ECONNRESET';
}

export const requestCutOff: Problem = failed(400, 'requestCutOff', 'The request ended before all of it had come.', 'Send all of it.').problem;
