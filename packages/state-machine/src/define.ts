import type { JsonValue } from './json.ts';
import type { Applied, Command, Module, Query } from './module.ts';

/** The next state, and an answer for the caller. */
export function applied<State>(state: State, answer: JsonValue = null): Applied<State> {
  return { applied: true, state, answer };
}

/** Changes nothing. `code` is for programs and stays the same for ever; `message` is a sentence for people. */
export function refused(code: string, message: string): { readonly applied: false; readonly refusal: { readonly code: string; readonly message: string } } {
  return { applied: false, refusal: { code, message } };
}

/** A module as its author writes it: the arguments of each command and query are known from its schema. */
export type ModuleDefinition<State, Commands, Queries> = Omit<Module<State>, 'commands' | 'queries'> & {
  readonly commands: { readonly [Name in keyof Commands]: Command<State, Commands[Name]> };
  readonly queries?: { readonly [Name in keyof Queries]: Query<State, Queries[Name]> };
};

const moduleName = /^[a-z][a-z0-9-]{0,63}$/;

/**
 * Makes a module of a definition, with every type inferred. Throws when its name is not lower-case letters, digits and dashes,
 * or when only one of `encode`/`decode`, or of `deadlineMs`/`expire`, is there.
 */
export function defineModule<State, Commands, Queries = object>(definition: ModuleDefinition<State, Commands, Queries>): Module {
  if (!moduleName.test(definition.name)) throw new TypeError(`The module name "${definition.name}" must be lower-case letters, digits and dashes, at most 64.`);
  if ((definition.encode === undefined) !== (definition.decode === undefined)) throw new TypeError(`The module "${definition.name}" needs both encode and decode, or neither.`);
  if ((definition.deadlineMs === undefined) !== (definition.expire === undefined)) throw new TypeError(`The module "${definition.name}" needs both deadlineMs and expire, or neither.`);
  // Sound because the runtime hands each function only what this module's own schema and functions made.
  return definition as unknown as Module;
}

/** Makes a command that stands in a file of its own; inside `defineModule` there is no need for it. */
export function defineCommand<State, Arguments>(command: Command<State, Arguments>): Command<State, Arguments> {
  return command;
}
