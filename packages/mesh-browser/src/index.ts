export { connectBrowser } from './connect-browser.ts';
export type { ConnectBrowserOptions } from './connect-browser.ts';
export { forgetIdentity } from './forget-identity.ts';
export { ConnectError } from '@raft-mesh/mesh';
export type { CommandResult, QueryResult, RecoveredCommand, View, Worker, WorkerState } from '@raft-mesh/mesh';
export type { JsonValue, Refusal } from '@raft-mesh/state-machine';
