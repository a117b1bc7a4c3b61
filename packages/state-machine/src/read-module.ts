import type { Viewer } from './agent.ts';
import { isExhaustion } from './assert.ts';
import type { JsonValue } from './json.ts';
import { jsonProblem } from './json-check.ts';
import type { Refusal } from './module.ts';
import type { ModuleTable } from './module-table.ts';
import { moduleFailed } from './run-command.ts';

/** What a view or a query gives. */
export type Reading = { readonly found: true; readonly value: JsonValue } | { readonly found: false; readonly refusal: Refusal };

export function viewModule(table: ModuleTable, moduleName: string, viewer: Viewer, parameters: JsonValue): Reading {
  const module = table.module(moduleName);
  if (module === null) return unknownModule(table, moduleName);
  const { view } = module;
  if (view === undefined) return notFound('noView', `The module ${moduleName} shows nothing.`);
  const problem = jsonProblem(parameters);
  if (problem !== null) return notFound('invalidArguments', `The parameters are not JSON as it is allowed here: ${problem}.`);
  return guarded(moduleName, 'view', () => ({ found: true, value: view(table.stateOf(moduleName), viewer, parameters) }));
}

export function queryModule(table: ModuleTable, moduleName: string, queryName: string, args: JsonValue, viewer: Viewer, logTimeMs: number): Reading {
  const module = table.module(moduleName);
  if (module === null) return unknownModule(table, moduleName);
  const queries = module.queries ?? {};
  const query = Object.hasOwn(queries, queryName) ? queries[queryName] : undefined;
  if (query === undefined) return notFound('unknownQuery', `The module ${moduleName} has no query ${JSON.stringify(queryName.slice(0, 64))}. It has ${Object.keys(queries).join(', ') || 'none'}.`);
  const problem = jsonProblem(args);
  if (problem !== null) return notFound('invalidArguments', `The arguments are not JSON as it is allowed here: ${problem}.`);
  return guarded(moduleName, queryName, () => {
    const parsed = query.schema.safeParse(args);
    if (!parsed.success) return notFound('invalidArguments', `The arguments are not valid: ${parsed.error.issues[0]?.message ?? 'see the schema'}.`);
    return query.answer(table.stateOf(moduleName), parsed.data, viewer, logTimeMs);
  });
}

function guarded(moduleName: string, step: string, read: () => Reading): Reading {
  try {
    return read();
  } catch (thrown) {
    if (isExhaustion(thrown)) throw thrown;
    return { found: false, refusal: moduleFailed(moduleName, step) };
  }
}

function unknownModule(table: ModuleTable, moduleName: string): Reading {
  return notFound('unknownModule', `There is no module ${JSON.stringify(moduleName.slice(0, 64))}. There are ${table.names.join(', ')}.`);
}

function notFound(code: string, message: string): Reading {
  return { found: false, refusal: { code, message } };
}
