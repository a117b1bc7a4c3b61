import type { App } from '@raft-mesh/state-machine';
import type { Checker } from '../checkers/checker.ts';
import type { ClientPorts } from '../clients/client.ts';
import { DocumentClient } from '../clients/document-client.ts';
import type { StartPlayer } from '../clients/game-client.ts';
import { GameClient } from '../clients/game-client.ts';
import { HistoryRecorder } from '../clients/history-recorder.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { EventLoop } from '../world/event-loop.ts';
import { Witness } from '../world/witness.ts';
import { World } from '../world/world.ts';
import type { RunResult } from './run-result.ts';
import { listenForRejections } from './rejections.ts';

export interface RunOptions {
  /** What the managers replicate. */
  readonly app: App;
  /** Plays the app's game; without it there are no players. */
  readonly startPlayer?: StartPlayer;
  /** All by default. */
  readonly checkers?: readonly Checker[];
}

/** Runs a scenario to its end, or to the first promise that is broken. Never rejects because of what the code under test does. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<RunResult> {
  const loop = new EventLoop();
  const witness = new Witness(options.checkers ?? [], () => loop.nowMs);
  const world = new World({ scenario, app: options.app, loop, witness });
  const history = new HistoryRecorder(() => loop.nowMs);
  const portsFor = (name: string): ClientPorts => ({
    name, random: world.randomFor(`client ${name}`), nowMs: () => loop.nowMs,
    operationEnded: () => {}, violated: (violation) => witness.broke(violation),
  });
  for (const host of world.hosts) host.start();
  for (let at = 0; at < scenario.clients.documents; at += 1) {
    world.addWorker((name) => new DocumentClient(portsFor(name), { keys: scenario.clients.keys, pauseMs: scenario.clients.pauseMs, history }));
  }
  const { startPlayer } = options;
  for (let at = 0; startPlayer !== undefined && at < scenario.clients.players; at += 1) {
    world.addWorker((name) => new GameClient(portsFor(name), { startPlayer }));
  }
  for (const worker of world.workers) worker.start();
  const stopListening = listenForRejections((error) => witness.broke(error));
  try {
    await loop.run(() => witness.failure !== null, scenario.durationMs);
  } catch (error) {
    witness.broke(error);
  } finally {
    stopListening();
  }
  return { failure: witness.failure, events: loop.events, operations: history.ended, simulatedMs: loop.nowMs, faults: witness.faults, traceHash: witness.traceHash };
}
