import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { transportSuite } from '@raft-mesh/testkit/suites/transport';
import { createWebSocketDialer } from '@raft-mesh/transport-websocket';
import { WebSocketListener } from '@raft-mesh/transport-websocket/server';

transportSuite({ describe, test, beforeEach, afterEach, expect }, 'websocket', async () => ({
  dialer: createWebSocketDialer(),
  async listen(resolve) {
    const server = createServer();
    const listener = new WebSocketListener({ server, resolve });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      async close() {
        await listener.close();
        server.close();
      },
    };
  },
}));
