import { admitRecord } from '@raft-mesh/state-machine';
import type { AccessRole, AgentId, App, ApplyResult, CommandRecord, JsonValue, LogRecord, Outcome, SessionId, StateMachine } from '@raft-mesh/state-machine';

export const agent = (id: string) => id as AgentId;
export const session = (id: string) => id as SessionId;
export const emptyApp: App = { name: 'empty', version: 1, modules: [] };

/** Random bytes that differ from seed to seed. */
export function randomBytes(seed: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, at) => (seed * 31 + at * 17 + (seed >>> 8)) & 0xff);
}

/** A command of an agent's session `s-<agent>`. */
export function commandOf(id: string, sequence: number, module: string, command: string, args: JsonValue, more: Partial<CommandRecord> = {}): CommandRecord {
  return { kind: 'command', agent: agent(id), session: session(`s-${id}`), sequence, acknowledgedThrough: 0, module, command, arguments: args, random: null, ...more };
}

/** Feeds entries to a machine, one index after another. */
export class Driver {
  machine: StateMachine;
  logTimeMs = 0;
  readonly results: ApplyResult[] = [];

  constructor(machine: StateMachine) {
    this.machine = machine;
  }

  apply(record: LogRecord | null): ApplyResult {
    const result = this.machine.apply({ index: this.machine.appliedIndex + 1, term: 1, logTimeMs: this.logTimeMs, record });
    this.results.push(result);
    return result;
  }

  /** Moves log time on and lets deadlines fire. */
  advance(byMs: number): ApplyResult {
    this.logTimeMs += byMs;
    return this.apply({ kind: 'time', random: randomBytes(this.logTimeMs) });
  }

  /** The agent's next command. */
  send(id: string, module: string, command: string, args: JsonValue, more: Partial<CommandRecord> = {}): Outcome {
    const sequence = this.machine.nextSequence(agent(id), session(`s-${id}`)) ?? 1;
    const { outcome } = this.apply(commandOf(id, sequence, module, command, args, more));
    if (outcome === null) throw new Error('a command must have an outcome');
    return outcome;
  }
}

export function admission(id: string, more: { accessRole?: AccessRole; permissions?: readonly string[]; tokenId?: string; hash?: string; name?: string; tokenLifetimeMs?: number; session?: string } = {}) {
  return admitRecord({
    tokenId: more.tokenId ?? `token-${id}`, agent: agent(id), name: more.name ?? id, kind: 'cli', accessRole: more.accessRole ?? 'worker', permissions: more.permissions ?? [],
    resumeSecretHash: more.hash ?? `hash-${id}`, session: session(more.session ?? `s-${id}`), ...(more.tokenLifetimeMs === undefined ? {} : { tokenLifetimeMs: more.tokenLifetimeMs }),
  });
}

/** Lets an agent in, with an open session `s-<agent>`. */
export function admitted(driver: Driver, id: string, more: Parameters<typeof admission>[1] = {}): Outcome | null {
  return driver.apply(admission(id, more)).outcome;
}
