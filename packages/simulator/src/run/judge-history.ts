import type { AgentId, App } from '@raft-mesh/state-machine';
import { StateMachine } from '@raft-mesh/state-machine';
import { Violation } from '../checkers/checker.ts';
import type { HistoryOperation } from '../checkers/history.ts';
import { checkLinearizable } from '../checkers/linearizability.ts';
import type { FinalDocument } from '../checkers/session-order.ts';
import { checkSessionOrder } from '../checkers/session-order.ts';
import type { ManagerHost } from '../world/manager-host.ts';

/**
 * Judges what the clients saw from the beginning to the end, when the mesh agrees and nothing is under way any more. Throws a `Violation`.
 * A history that could not be judged within the steps allowed counts as good: the search is bounded, not the mesh wrong.
 */
export function judgeHistory(app: App, history: readonly HistoryOperation[], replica: ManagerHost): void {
  const order = checkSessionOrder(history, finalDocuments(app, replica));
  if (!order.ok) throw new Violation(order.promise, `${order.key}: ${order.explanation}`);
  const result = checkLinearizable(history);
  if (!result.ok && result.verdict === 'violated') throw new Violation('linearizability', result.explanation);
}

/** Every document that there is at the end, by key. */
function finalDocuments(app: App, { manager, node }: ManagerHost): ReadonlyMap<string, FinalDocument> {
  if (manager === null) throw new Error(`manager ${node} does not run`);
  const machine = StateMachine.restore(app, manager.snapshot().snapshot.parts());
  const reading = machine.query('documents', 'list', {}, { agent: 'judge' as AgentId, accessRole: 'admin' });
  if (!reading.found) throw new Error(`the documents could not be listed: ${reading.refusal.message}`);
  const { documents } = reading.value as unknown as { readonly documents: readonly ({ readonly key: string } & FinalDocument)[] };
  return new Map(documents.map(({ key, version, value }) => [key, { version, value }]));
}
