import { isExhaustion } from './assert.ts';
import { jsonBytes } from './canonical-json.ts';
import type { EntryStep } from './entry-step.ts';
import type { Caller } from './agent.ts';
import type { JsonValue } from './json.ts';
import { jsonProblem } from './json-check.ts';
import type { Applied, Command, Module, Refusal } from './module.ts';
import type { ModuleTable } from './module-table.ts';
import type { Member } from './modules/members/state.ts';
import { mayCall } from './permissions.ts';

export const answerBytesMax = 64 * 1024;
const messageCharactersMax = 1024;

/** What runs with which arguments, for which caller; or why not. */
export type Checked =
  | { readonly ok: true; readonly module: Module; readonly command: Command<unknown, never>; readonly args: never; readonly caller: Caller | null }
  | { readonly ok: false; readonly refusal: Refusal };

/** Everything that speaks against a command of an agent before `apply`: revocation, name, permission, schema. */
export function checkAgentCommand(table: ModuleTable, member: Member, moduleName: string, commandName: string, args: JsonValue, onFailure: OnFailure): Checked {
  if (member.revoked) return refuse('revoked', `The agent ${member.agent} was revoked.`);
  const found = findCommand(table, moduleName, commandName);
  if (!found.ok) return found;
  const { module, command } = found;
  const asked = command.permission ?? `${moduleName}.${commandName}`;
  const notAllowed = () => refuse('notAllowed', `${moduleName}.${commandName} needs the permission ${asked === 'runtime' ? 'of the runtime itself' : asked}.`);
  if (asked === 'runtime') return notAllowed();
  const granted = mayCall(member, asked, command.accessRoles);
  if (!granted && command.authorize === undefined) return notAllowed();
  const caller: Caller = { agent: member.agent, name: member.name, accessRole: member.accessRole };
  return guarded(moduleName, commandName, onFailure, () => {
    const parsed = parseArguments(command, args);
    if (!parsed.ok) return parsed;
    if (command.authorize !== undefined && !command.authorize(parsed.args, caller, granted)) return notAllowed();
    return { ok: true, module, command, args: parsed.args, caller };
  });
}

/** The same for a command of the runtime, which may call only what is kept for it. */
export function checkRuntimeCommand(table: ModuleTable, moduleName: string, commandName: string, args: JsonValue, onFailure: OnFailure): Checked {
  const found = findCommand(table, moduleName, commandName);
  if (!found.ok) return found;
  const { module, command } = found;
  if (command.permission !== 'runtime') return refuse('notAllowed', `${moduleName}.${commandName} is for agents; the runtime may not call it.`);
  return guarded(moduleName, commandName, onFailure, () => {
    const parsed = parseArguments(command, args);
    return parsed.ok ? { ok: true, module, command, args: parsed.args, caller: null } : parsed;
  });
}

/** Runs `apply`. The new state is given back, not yet put in place; events count once `keepEvents` is called. */
export function runCommand(table: ModuleTable, step: EntryStep, commandName: string, checked: Checked & { readonly ok: true }): Applied<unknown> & { readonly keepEvents: () => void } {
  const { module, command, args, caller } = checked;
  const { context, keepEvents } = step.begin(module.name, caller);
  try {
    const result = command.apply(table.stateOf(module.name), args, context);
    if (!result.applied) return { applied: false, refusal: tidyRefusal(result.refusal), keepEvents };
    const problem = jsonProblem(result.answer);
    if (problem !== null) throw new TypeError(`an answer must be JSON: ${problem}`);
    if (jsonBytes(result.answer) > answerBytesMax) throw new TypeError(`an answer may have ${answerBytesMax} bytes`);
    if (result.state === undefined) throw new TypeError('apply must give a state');
    return { applied: true, state: result.state, answer: result.answer, keepEvents };
  } catch (thrown) {
    if (isExhaustion(thrown)) throw thrown;
    step.failures.push({ module: module.name, step: commandName, thrown });
    return { applied: false, refusal: moduleFailed(module.name, commandName), keepEvents };
  }
}

type OnFailure = (module: string, step: string, thrown: unknown) => void;

// The words of what was thrown differ between engines, so they stay out of what is replicated.
export function moduleFailed(module: string, step: string): Refusal {
  return { code: 'moduleFailed', message: `The module ${module} failed in ${step}. Nothing was changed; tell its author.` };
}

function findCommand(table: ModuleTable, moduleName: string, commandName: string): { readonly ok: true; readonly module: Module; readonly command: Command<unknown, never> } | { readonly ok: false; readonly refusal: Refusal } {
  const module = table.module(moduleName);
  if (module === null) return refuse('unknownModule', `There is no module ${shortened(moduleName)}. There are ${table.names.join(', ')}.`);
  const command = Object.hasOwn(module.commands, commandName) ? module.commands[commandName] : undefined;
  if (command === undefined) return refuse('unknownCommand', `The module ${moduleName} has no command ${shortened(commandName)}. It has ${Object.keys(module.commands).join(', ')}.`);
  return { ok: true, module, command };
}

function parseArguments(command: Command<unknown, never>, args: JsonValue): { readonly ok: true; readonly args: never } | { readonly ok: false; readonly refusal: Refusal } {
  const problem = jsonProblem(args);
  if (problem !== null) return refuse('invalidArguments', `The arguments are not JSON as it is allowed here: ${problem}.`);
  const parsed = command.schema.safeParse(args);
  if (parsed.success) return { ok: true, args: parsed.data };
  const issue = parsed.error.issues[0];
  return refuse('invalidArguments', issue === undefined ? 'The arguments are not valid.' : `The arguments are not valid at ${issue.path.length === 0 ? 'the top' : issue.path.map(String).join('.')}: ${issue.message}.`);
}

function guarded(moduleName: string, commandName: string, onFailure: OnFailure, check: () => Checked): Checked {
  try {
    return check();
  } catch (thrown) {
    if (isExhaustion(thrown)) throw thrown;
    onFailure(moduleName, commandName, thrown);
    return { ok: false, refusal: moduleFailed(moduleName, commandName) };
  }
}

function refuse(code: string, message: string): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: { code, message: message.slice(0, messageCharactersMax) } };
}

// Whatever a module's author wrote fits the wire.
function tidyRefusal(refusal: Refusal): Refusal {
  if (typeof refusal.code !== 'string' || typeof refusal.message !== 'string' || refusal.code === '') throw new TypeError('a refusal needs a code and a message');
  return { code: refusal.code.slice(0, 256), message: refusal.message.slice(0, messageCharactersMax) };
}

function shortened(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}
