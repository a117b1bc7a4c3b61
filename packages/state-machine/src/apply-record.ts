import { assert } from './assert.ts';
import type { EntryStep } from './entry-step.ts';
import type { CommandRecord, RuntimeRecord } from './log-record.ts';
import type { Refusal } from './module.ts';
import type { ModuleTable } from './module-table.ts';
import type { AdmitArguments } from './modules/members/admit.ts';
import type { MoveArguments } from './modules/members/moves.ts';
import type { MembersState } from './modules/members/state.ts';
import { memberOf } from './modules/members/state.ts';
import { CommandMark } from './modules/sessions/command-mark.ts';
import { withoutOthers } from './modules/sessions/open.ts';
import { placeCommand, recordAnswer } from './modules/sessions/sequence.ts';
import type { SessionsState } from './modules/sessions/state.ts';
import type { Outcome } from './outcome.ts';
import type { Checked } from './run-command.ts';
import { checkAgentCommand, checkRuntimeCommand, runCommand } from './run-command.ts';

export function membersState(table: ModuleTable): MembersState {
  return table.stateOf('members') as MembersState;
}

export function sessionsState(table: ModuleTable): SessionsState {
  return table.stateOf('sessions') as SessionsState;
}

/**
 * Applies an agent's command. Membership, then the session: a command that ran before is answered as it was then, whatever
 * its agent may do now. Only the next one in sequence is judged and run, and its outcome, refused or not, is recorded.
 */
export function applyCommand(table: ModuleTable, step: EntryStep, record: CommandRecord): Outcome {
  const member = memberOf(membersState(table), record.agent);
  if (member === null) return refusedAt(step, { code: 'notAMember', message: `There is no agent ${record.agent} in this mesh. Join with a new token.` });
  const mark = CommandMark.of(record);
  const placement = placeCommand(sessionsState(table), record, mark);
  switch (placement.kind) {
    case 'repeated': return placement.outcome;
    case 'refused': return refusedAt(step, placement.refusal);
    case 'next': break;
    default: return placement satisfies never;
  }
  const checked = checkAgentCommand(table, member, record.module, record.command, record.arguments, (module, name, thrown) => step.failures.push({ module, step: name, thrown }));
  const outcome = run(table, step, record.command, checked);
  const sessionsModule = table.module('sessions');
  assert(sessionsModule !== null, () => 'the module sessions is built in');
  table.replace(sessionsModule, recordAnswer(sessionsState(table), record, mark, outcome, step.logTimeMs));
  return outcome;
}

/** Applies a command of the runtime. An admission or a move also opens the agent's session, or does neither; a move closes all others, so that a device that was left commands no more. */
export function applyRuntime(table: ModuleTable, step: EntryStep, record: RuntimeRecord): Outcome {
  const onFailure = (module: string, name: string, thrown: unknown) => step.failures.push({ module, step: name, thrown });
  const checked = checkRuntimeCommand(table, record.module, record.command, record.arguments, onFailure);
  if (!checked.ok || record.module !== 'members' || (record.command !== 'admit' && record.command !== 'move')) return run(table, step, record.command, checked);
  const { agent, session } = checked.args as AdmitArguments | MoveArguments;
  const opening = checkRuntimeCommand(table, 'sessions', 'open', { agent, session }, onFailure);
  if (!opening.ok) return refusedAt(step, opening.refusal);
  const opened = runCommand(table, step, 'open', opening);
  if (!opened.applied) return refusedAt(step, opened.refusal);
  const secretBefore = memberOf(membersState(table), agent)?.resumeSecretHash;
  const outcome = run(table, step, record.command, checked);
  if (outcome.status !== 'committed') return outcome;
  // The same move said again closes nothing: its device may have another session by now.
  const hasMoved = record.command === 'move' && memberOf(membersState(table), agent)?.resumeSecretHash !== secretBefore;
  table.replace(opening.module, hasMoved ? withoutOthers(opened.state as SessionsState, agent, session) : opened.state);
  return outcome;
}

function run(table: ModuleTable, step: EntryStep, commandName: string, checked: Checked): Outcome {
  if (!checked.ok) return refusedAt(step, checked.refusal);
  const result = runCommand(table, step, commandName, checked);
  if (!result.applied) return refusedAt(step, result.refusal);
  table.replace(checked.module, result.state);
  result.keepEvents();
  return { status: 'committed', index: step.index, answer: result.answer };
}

function refusedAt(step: EntryStep, refusal: Refusal): Outcome {
  return { status: 'refused', index: step.index, refusal };
}
