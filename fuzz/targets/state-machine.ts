import { decodeSnapshot, encodeSnapshot } from '@raft-mesh/mesh';
import { decodeRecord } from '@raft-mesh/protocol';
import { StateMachine } from '@raft-mesh/state-machine';
import type { AgentId, JsonValue, SessionId } from '@raft-mesh/state-machine';
import { generator, json, jsonLines, messagePack } from '../generate.ts';
import { joined } from '../mutate-bytes.ts';
import { app, peopledMachine, snapshotSample } from '../samples/machine.ts';
import { commandSamples, recordSamples } from '../samples/messages.ts';
import { check } from '../target.ts';
import type { Target } from '../target.ts';

const decoder = new TextDecoder();

/** Records of agents, applied one after the other. Whatever is in them, every replica goes on. */
const apply: Target = {
  name: 'stateMachine.apply', weight: 6, reopenAfter: 4_000,
  ...generator(recordSamples.filter(({ kind }) => kind === 'command').map((record) => Object.values(record)), messagePack, { bytesPerMille: 100 }),
  open: () => {
    const { machine, apply: applyRecord } = peopledMachine();
    let count = 0;
    return {
      run(input) {
        let record;
        try {
          record = decodeRecord(input);
        } catch {
          return 'refused';
        }
        if (record.kind !== 'command') return 'refused';
        const next = machine.nextSequence(record.agent, record.session);
        // In its turn, unless the number itself is what was changed into something wild.
        const sequence = next !== null && record.sequence < 1_000 ? next : record.sequence;
        const result = applyRecord({ ...record, sequence, acknowledgedThrough: Math.min(record.acknowledgedThrough, sequence - 1) }, count % 50 === 0 ? 500 : 1);
        check(result.failures.length === 0, `a module threw: ${JSON.stringify(result.failures)}`);
        check(result.outcome !== null, 'a command has no outcome');
        count += 1;
        if (count % 500 === 0) {
          const restored = StateMachine.restore(app, [...machine.snapshot().parts()].map((part): JsonValue => JSON.parse(JSON.stringify(part)) as JsonValue));
          check(restored.stateDigest() === machine.stateDigest(), 'the state does not come back from a snapshot as it was');
        }
        return result.outcome?.status === 'committed' ? 'accepted' : 'refused';
      },
      close() {},
    };
  },
};

/** Queries and views with any arguments, by agents with and without rights. */
const read: Target = {
  name: 'stateMachine.read', weight: 4,
  ...generator([
    ['documents', 'get', { key: 'notes/a' }], ['documents', 'list', { prefix: 'notes/', limit: 10 }], ['documents', 'list', { prefix: 'agents/ada/' }], ['documents', null, { prefix: 'notes/' }],
    ['members', null, null], ['mafia', null, null], ['sessions', null, null], ...commandSamples,
  ], json, { bytesPerMille: 100 }),
  open: () => {
    const { machine, apply: applyRecord } = peopledMachine();
    for (const [place, record] of recordSamples.entries()) applyRecord(record.kind === 'command' ? { ...record, sequence: place + 2 } : record);
    return {
      run(input) {
        let value: unknown;
        try {
          value = JSON.parse(decoder.decode(input));
        } catch {
          return 'refused';
        }
        if (!Array.isArray(value)) return 'refused';
        const [first = null, second = null, parameters = null] = value as readonly JsonValue[];
        // Names are text: the frame has seen to that.
        const module = typeof first === 'string' ? first : 'documents';
        const name = typeof second === 'string' ? second : null;
        let accepted = false;
        for (const viewer of [{ agent: 'ada' as AgentId, accessRole: 'admin' }, { agent: 'bob' as AgentId, accessRole: 'spectator' }] as const) {
          const seen = name !== null ? machine.query(module, name, parameters, viewer) : machine.view(module, viewer, parameters);
          if (seen.found) JSON.stringify(seen.value);
          else check(seen.refusal.code.length > 0 && seen.refusal.message.length > 0, 'a refusal says nothing');
          accepted ||= seen.found;
          machine.precheck(viewer.agent, 's-1' as SessionId, module, name ?? 'get', parameters);
        }
        return accepted ? 'accepted' : 'refused';
      },
      close() {},
    };
  },
};

const snapshotLines = decoder.decode(snapshotSample()).trimEnd().split('\n').map((line): unknown => JSON.parse(line));

/** What a leader or the control plane gives a manager to start from. A manager that cannot read it says so and does not start. */
const snapshot: Target = {
  name: 'stateMachine.snapshot', weight: 4, ...generator([snapshotLines], jsonLines, { bytesPerMille: 200 }),
  open: () => ({
    run(input) {
      let machine;
      try {
        const { header, parts } = decodeSnapshot(input);
        if (header.app !== app.name) return 'refused';
        machine = StateMachine.restore(app, parts);
      } catch (error) {
        check(error instanceof Error && error.message.length > 0 && error.constructor.name !== 'RangeError', `a snapshot was refused in no known way: ${String(error)}`);
        return 'refused';
      }
      const again = StateMachine.restore(app, decodeSnapshot(joined(...encodeSnapshot(app, machine.snapshot()))).parts);
      check(again.stateDigest() === machine.stateDigest(), 'a state does not come back from its snapshot as it was');
      return 'accepted';
    },
    close() {},
  }),
};

export const stateMachineTargets: readonly Target[] = [apply, read, snapshot];
