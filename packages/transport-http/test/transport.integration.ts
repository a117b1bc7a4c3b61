import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { transportSuite } from '@raft-mesh/testkit/suites/transport';
import { createHttpDialer } from '@raft-mesh/transport-http';
import { createHttpLinks } from '@raft-mesh/transport-http/server';

transportSuite({ describe, test, beforeEach, afterEach, expect }, 'http', async () => ({
  dialer: createHttpDialer(),
  async listen(resolve) {
    const links = createHttpLinks({ resolve });
    const server = createAdaptorServer({ fetch: links.routes.fetch, hostname: '127.0.0.1' }) as Server;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      async close() {
        links.close();
        server.close();
        server.closeAllConnections();
        await once(server, 'close');
      },
    };
  },
}));
