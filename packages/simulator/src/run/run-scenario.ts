import type { Configuration } from '@raft-mesh/raft';
import type { App } from '@raft-mesh/state-machine';
import { allCheckers } from '../checkers/all-checkers.ts';
import type { Checker } from '../checkers/checker.ts';
import type { ClientPorts, Client } from '../clients/client.ts';
import { DocumentClient } from '../clients/document-client.ts';
import type { StartPlayer } from '../clients/game-client.ts';
import { GameClient } from '../clients/game-client.ts';
import { HistoryRecorder } from '../clients/history-recorder.ts';
import { DamageGuard } from '../faults/damage-guard.ts';
import { MembershipDriver } from '../faults/membership-driver.ts';
import { Nemesis } from '../faults/nemesis.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { EventLoop } from '../world/event-loop.ts';
import type { StoreOnFiles } from '../world/files/store-files.ts';
import { Witness } from '../world/witness.ts';
import { World } from '../world/world.ts';
import { judgeHistory } from './judge-history.ts';
import { judgeStates } from './judge-states.ts';
import { chooseCore, healOnly, requireProgress } from './liveness.ts';
import { listenForRejections } from './rejections.ts';
import type { RunResult } from './run-result.ts';

export interface RunOptions {
  /** What the managers replicate. */
  readonly app: App;
  /** Plays the app's game; without it there are no players. */
  readonly startPlayer?: StartPlayer;
  /** The store that managers use in scenarios whose disks have files; without it every disk is a model of a store. */
  readonly storeOnFiles?: StoreOnFiles;
  /** All by default. */
  readonly checkers?: readonly Checker[];
}

/** Runs a scenario to its end, or to the first promise that is broken. Never rejects because of what the code under test does. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<RunResult> {
  const run = new Run(scenario, options);
  const stopListening = listenForRejections((error) => run.witness.broke(error));
  try {
    await run.toEnd();
  } catch (error) {
    run.witness.broke(error);
  } finally {
    stopListening();
  }
  return run.result;
}

/** So long before the healing, membership is left alone: what was asked for must have come about or not. */
const settleMs = 500;

/** A run brings as many operations, unless its scenario is a small one. */
const operationsMin = 100;

class Run {
  readonly witness: Witness;
  readonly #scenario: Scenario;
  readonly #options: RunOptions;
  readonly #loop = new EventLoop();
  readonly #world: World;
  readonly #history: HistoryRecorder;
  readonly #clients: Client[] = [];
  readonly #documentClients: string[] = [];

  constructor(scenario: Scenario, options: RunOptions) {
    this.#scenario = scenario;
    this.#options = options;
    this.witness = new Witness(options.checkers ?? allCheckers(), () => this.#loop.nowMs);
    this.#world = new World({ scenario, app: options.app, loop: this.#loop, witness: this.witness, ...(options.storeOnFiles === undefined ? {} : { storeOnFiles: options.storeOnFiles }) });
    this.#history = new HistoryRecorder(() => this.#loop.nowMs);
  }

  get result(): RunResult {
    const { failure, faults, traceHash } = this.witness;
    return { failure, events: this.#loop.events, operations: this.#history.ended, simulatedMs: this.#loop.nowMs, faults, traceHash };
  }

  async toEnd(): Promise<void> {
    const world = this.#world;
    const guard = new DamageGuard(world, firstConfiguration(world));
    const membership = new MembershipDriver(world, guard);
    const nemesis = new Nemesis(world, guard, membership, this.#scenario);
    world.onApplied = (entry) => { if (entry.kind === 'configuration') guard.committed(entry.index, entry.configuration); };
    for (const host of world.hosts) host.start();
    this.#addClients();
    for (const worker of world.workers) worker.start();
    nemesis.start();
    await this.#until(this.#scenario.durationMs - settleMs);
    membership.stop();
    await this.#until(this.#scenario.durationMs);
    if (this.witness.failure !== null) return;

    nemesis.end();
    const random = world.randomFor('healing');
    const core = chooseCore(world, guard, random);
    if (core.size === 0) throw new Error('no majority of the voters has its disk: the guard let too much be lost');
    healOnly(core, world, random);
    const healedAtNs = this.#loop.nowMs * 1e6;
    await requireProgress({
      world, core,
      waiting: () => this.#waitingSince(healedAtNs),
      isEnough: () => this.#history.ended >= this.#operationsWanted,
      stopClients: () => { for (const client of this.#clients) client.stopped(); },
    });
    const [replica] = [...core].filter(({ status }) => status?.role === 'leader');
    if (this.witness.failure !== null || replica === undefined) return;
    judgeStates(world.app, core);
    judgeHistory(world.app, this.#history.operations, replica);
  }

  async #until(atMs: number): Promise<void> {
    if (this.witness.failure === null) await this.#loop.run(() => this.witness.failure !== null, atMs);
  }

  /** What the clients would have done by now, had nothing gone wrong; no more than a run must bring. */
  get #operationsWanted(): number {
    const { clients, durationMs } = this.#scenario;
    return Math.min(operationsMin, Math.floor((clients.documents * durationMs) / clients.pauseMs));
  }

  #waitingSince(ns: number): readonly string[] {
    const served = new Set<string>();
    for (const { client, start, outcome } of this.#history.operations) if (start >= ns && outcome !== 'unknown') served.add(client);
    const left = new Set(this.#world.workers.flatMap(({ name, isLeft }) => (isLeft ? [name] : [])));
    return this.#documentClients.filter((name) => !served.has(name) && !left.has(name));
  }

  #addClients(): void {
    const { clients } = this.#scenario;
    const { startPlayer } = this.#options;
    const add = (make: (ports: ClientPorts) => Client): void => {
      this.#world.addWorker((name) => {
        const client = make({
          name, random: this.#world.randomFor(`client ${name}`), nowMs: () => this.#loop.nowMs,
          operationEnded: () => {}, violated: (violation) => this.witness.broke(violation),
        });
        this.#clients.push(client);
        return client;
      });
    };
    for (let left = clients.documents; left > 0; left -= 1) {
      add((ports) => {
        this.#documentClients.push(ports.name);
        return new DocumentClient(ports, { keys: clients.keys, pauseMs: clients.pauseMs, atOnce: clients.atOnce ?? 1, history: this.#history });
      });
    }
    if (startPlayer === undefined) return;
    for (let left = clients.players; left > 0; left -= 1) add((ports) => new GameClient(ports, { startPlayer }));
  }
}

function firstConfiguration(world: World): Configuration {
  const [first] = world.hosts;
  if (first === undefined) throw new Error('a mesh has one manager at least');
  return first.configuration.configuration;
}
