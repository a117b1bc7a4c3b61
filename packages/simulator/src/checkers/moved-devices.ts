import type { CommandRecord, LogRecord, MoveArguments, RuntimeRecord } from '@raft-mesh/state-machine';
import { unrecordedRefusalCodes } from '@raft-mesh/state-machine';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import type { Observation } from './observation.ts';

interface Agent {
  /** The code that moved it last. */
  codeHash: string | null;
  readonly sessions: Set<string>;
  /** Sessions of devices that it left, with the index of the move. */
  readonly closed: Map<string, number>;
}

const leavesNoTrace = new Set(unrecordedRefusalCodes);

/** A device that its agent has left commands no more: from the index of the move on, nothing of its sessions takes effect. */
export class MovedDevices implements Checker {
  readonly name = 'leftDevicesCommandNothing';
  readonly kinds = ['applied'] as const;
  readonly #agents = new Map<string, Agent>();
  /** All entries up to here have been applied by somebody, and are known. */
  #knownThrough = 0;

  observe(observation: Observation): void {
    if (observation.kind !== 'applied') return;
    const { entry: { index }, record, result: { outcome } } = observation.step;
    const isNews = index > this.#knownThrough;
    this.#knownThrough = Math.max(this.#knownThrough, index);
    if (record === null || outcome === null) return;
    const isDone = outcome.status === 'committed';
    if (record.kind === 'command') this.#check(observation.node, index, record, isDone || !leavesNoTrace.has(outcome.refusal.code));
    if (isNews && isDone) this.#learn(index, record);
  }

  #check(node: string, index: number, { agent, session, sequence }: CommandRecord, tookEffect: boolean): void {
    const movedAt = this.#agents.get(agent)?.closed.get(session);
    if (tookEffect && movedAt !== undefined && movedAt < index) throw new Violation(this.name, `on ${node} sequence ${sequence} of session ${session} of ${agent} takes effect at ${index}, after the move to another device at ${movedAt}`);
  }

  #learn(index: number, record: LogRecord): void {
    if (record.kind === 'command') this.#agentOf(record.agent).sessions.add(record.session);
    if (record.kind !== 'runtime' || typeof record.arguments !== 'object' || record.arguments === null) return;
    const { agent, session } = record.arguments as Partial<Pick<MoveArguments, 'agent' | 'session'>>;
    if (typeof agent !== 'string' || typeof session !== 'string') return;
    if (isMove(record)) this.#moved(index, record.arguments as unknown as MoveArguments);
    this.#agentOf(agent).sessions.add(session);
  }

  #moved(index: number, { agent: id, session, codeHash }: MoveArguments): void {
    const agent = this.#agentOf(id);
    // The same move said again: its device may have another session by now.
    if (agent.codeHash === codeHash) return;
    agent.codeHash = codeHash;
    for (const left of agent.sessions) if (left !== session) agent.closed.set(left, index);
    agent.sessions.clear();
  }

  #agentOf(id: string): Agent {
    let agent = this.#agents.get(id);
    if (agent === undefined) this.#agents.set(id, agent = { codeHash: null, sessions: new Set(), closed: new Map() });
    return agent;
  }
}

function isMove({ module, command }: RuntimeRecord): boolean {
  return module === 'members' && command === 'move';
}
