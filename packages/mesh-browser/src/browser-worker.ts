// The entry of the dedicated Worker: a worker's timers, sockets and store live here, for page timers sleep in hidden tabs.
import { connect } from '@raft-mesh/mesh';
import { createIndexedDbWorkerStore } from '@raft-mesh/storage-indexeddb';
import { createWebSocketDialer } from '@raft-mesh/transport-websocket';
import { channelOver, type MessageEndpoint } from './channel.ts';
import { identityName } from './messages.ts';
import type { BrowserMesh, PageRequest, TabMessage, WorkerReport } from './messages.ts';
import { browserClock, browserRandom } from './ports.ts';
import { Tab } from './tab.ts';
import { webLocks } from './web-locks.ts';

const scope = globalThis as unknown as MessageEndpoint;

const tab = new Tab(channelOver<WorkerReport, PageRequest>(scope), {
  locks: webLocks(),
  openTabs(name) {
    const tabs = new BroadcastChannel(name);
    return channelOver<TabMessage, TabMessage>(tabs, () => tabs.close());
  },
  async connect(asked: BrowserMesh, onState) {
    const { mesh, managers, join, timeoutMs } = asked;
    // An owner that has just closed may still hold the database for a moment.
    const store = await createIndexedDbWorkerStore({ databaseName: identityName(asked), whenOwned: 'wait' });
    return connect({
      store, dialer: createWebSocketDialer(), clock: browserClock, random: browserRandom, agentKind: 'browser', onState,
      ...(join === null ? {} : { join: { ...join, mesh, managers } }), ...(timeoutMs === null ? {} : { timeoutMs }),
    });
  },
  clock: browserClock,
  identifier: () => browserRandom.identifier(),
});
tab.listen();
