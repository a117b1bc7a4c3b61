import { upgradeWebSocket } from '@hono/node-server';
import type { Context } from 'hono';
import type { Watcher } from '../mesh-manager/mesh-watch.ts';

export const eventsSubprotocol = 'raft-mesh.events';
const bufferedBytesMax = 1024 * 1024;
const recheckIntervalMs = 5_000;

/** A WebSocket handler cannot set headers in a browser: there the key comes as a subprotocol. */
export function tokenOfSubprotocol(context: Context): string | null {
  if (!isUpgrade(context)) return null;
  const offered = (context.req.header('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim());
  return offered.map((name) => /^bearer\.([\w.-]{1,4096})$/.exec(name)?.[1]).find((token) => token !== undefined) ?? null;
}

export function isUpgrade(context: Context): boolean {
  return context.req.header('upgrade')?.toLowerCase() === 'websocket';
}

/** Sends events until either side has enough. `isStillAllowed` is asked now and then: a key that is revoked ends what it opened. */
export async function serveEvents(context: Context, watch: (watcher: Watcher) => () => void, isStillAllowed: () => Promise<boolean>): Promise<Response> {
  let stop: () => void = () => {};
  let recheck: NodeJS.Timeout | undefined;
  const handler = upgradeWebSocket(() => ({
    onOpen: (_event, socket) => {
      recheck = setInterval(() => {
        isStillAllowed().then((isAllowed) => { if (!isAllowed) socket.close(4401, 'the key is no good any more'); }, () => socket.close(1011, 'the key could not be checked'));
      }, recheckIntervalMs);
      stop = watch({
        tell: (event) => {
          // Whoever does not read must not fill the memory; it comes back and begins with the whole status.
          if (bufferedBytes(socket.raw) > bufferedBytesMax) socket.close(1013, 'too slow');
          else socket.send(JSON.stringify(event));
        },
        end: () => socket.close(1000, 'the mesh was deleted'),
      });
    },
    // Nothing is taken from here.
    onMessage: (_event, socket) => socket.close(1008, 'nothing is to be said here'),
    onClose: () => {
      clearInterval(recheck);
      stop();
    },
  }));
  const response = await handler(context, () => Promise.resolve());
  if (response === undefined) throw new Error('an upgrade that was asked for is answered');
  return response;
}

function bufferedBytes(raw: unknown): number {
  return typeof raw === 'object' && raw !== null && 'bufferedAmount' in raw && typeof raw.bufferedAmount === 'number' ? raw.bufferedAmount : 0;
}
