import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@raft-mesh/mesh-node';
import { transportSuite } from '@raft-mesh/testkit/suites/transport';
import type { Resolve } from '@raft-mesh/testkit/suites/transport';
import { createLocalDialer } from '../src/host/local-links.ts';

/** What is not in this process is refused. */
const elsewhere = {
  dial: (address: string, _mesh: unknown, handlers: { onEnd(end: { readonly cause: 'refused' | 'lost' }): void }) => {
    queueMicrotask(() => handlers.onEnd({ cause: URL.canParse(address) ? 'refused' : 'lost' }));
    return { remote: address, kind: 'memory' as const, send() {}, bufferedBytes: 0, close() {} };
  },
};

transportSuite({ describe, test, beforeEach, afterEach, expect }, 'within one process', () => {
  const listeners = new Map<string, Resolve>();
  const ends = new Set<() => void>();
  return Promise.resolve({
    dialer: createLocalDialer({
      clock: systemClock, elsewhere,
      resolve: (address, mesh, incarnation) => {
        const found = listeners.get(address)?.(mesh, incarnation) ?? null;
        if (found === null || !('accept' in found)) return found;
        return { accept: (link) => { ends.add(() => link.close()); return found.accept(link); } };
      },
    }),
    listen(resolve: Resolve) {
      const address = `http://127.0.0.1:7100/managers/m${listeners.size + 1}`;
      listeners.set(address, resolve);
      return Promise.resolve({ address, close: () => { listeners.delete(address); for (const end of ends) end(); return Promise.resolve(); } });
    },
  });
});
