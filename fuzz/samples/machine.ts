import { app } from '@raft-mesh/mafia';
import { encodeSnapshot } from '@raft-mesh/mesh';
import { StateMachine, admitRecord, openSessionRecord } from '@raft-mesh/state-machine';
import type { AgentId, LogRecord, SessionId } from '@raft-mesh/state-machine';
import { joined } from '../mutate-bytes.ts';
import { recordSamples } from './messages.ts';

export { app } from '@raft-mesh/mafia';

const people = ['ada', 'bob', 'cyd', 'dan', 'eve', 'fay'] as const;

/** A state machine in which six agents are, all of them with every permission, seated at the table. */
export function peopledMachine(): { readonly machine: StateMachine; readonly apply: (record: LogRecord | null, logTimeMs?: number) => ReturnType<StateMachine['apply']> } {
  const machine = new StateMachine(app);
  let logTimeMs = 0;
  const apply = (record: LogRecord | null, byMs = 1) => machine.apply({ index: machine.appliedIndex + 1, term: 1, logTimeMs: logTimeMs += byMs, record });
  for (const name of people) {
    const session = `s-${name === 'ada' ? 1 : name}` as SessionId;
    apply(admitRecord({ tokenId: `t-${name}`, agent: name as AgentId, name, kind: 'cli', accessRole: name === 'ada' ? 'admin' : 'worker', permissions: ['*'], resumeSecretHash: 'ab', session }));
    apply(openSessionRecord({ agent: name as AgentId, session }));
    apply({ kind: 'command', agent: name as AgentId, session, sequence: 1, acknowledgedThrough: 0, module: 'mafia', command: 'join', arguments: {}, random: null });
  }
  return { machine, apply };
}

/** A snapshot with something of everything in it. */
export function snapshotSample(): Uint8Array {
  const { machine, apply } = peopledMachine();
  let sequence = 2;
  for (const record of recordSamples) apply(record.kind === 'command' ? { ...record, sequence: sequence++ } : record);
  return joined(...encodeSnapshot(app, machine.snapshot()));
}
