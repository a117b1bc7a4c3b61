import { isExhaustion } from './assert.ts';
import type { EntryStep } from './entry-step.ts';
import type { DueModule, ModuleTable } from './module-table.ts';

/** How often one module's deadline may fire before one entry. */
export const firingsPerEntryMax = 1000;

/** What became of a deadline; part of the running digest. `dropped`: it will not fire again until the state changes. */
export interface Firing {
  readonly module: string;
  readonly deadlineMs: number;
  readonly result: 'expired' | 'dropped';
}

const noFirings: readonly Firing[] = [];

/** Fires every deadline up to the entry's log time, the earliest first, then by module name. Ends even if a module never moves its deadline on. */
export function fireDeadlines(table: ModuleTable, step: EntryStep): readonly Firing[] {
  const { earliestDeadlineMs } = table;
  if (earliestDeadlineMs === null || earliestDeadlineMs > step.logTimeMs) return noFirings;
  const firings: Firing[] = [];
  const counts = new Map<string, number>();
  for (;;) {
    const due = table.earliestDeadline();
    if (due === null || due.deadlineMs > step.logTimeMs) return firings;
    const count = (counts.get(due.module.name) ?? 0) + 1;
    counts.set(due.module.name, count);
    const expired = count <= firingsPerEntryMax && expireOnce(table, step, due);
    if (!expired) table.dropDeadline(due.module);
    firings.push({ module: due.module.name, deadlineMs: due.deadlineMs, result: expired ? 'expired' : 'dropped' });
  }
}

function expireOnce(table: ModuleTable, step: EntryStep, { module }: DueModule): boolean {
  const before = table.stateOf(module.name);
  const { context, keepEvents } = step.begin(module.name, null);
  try {
    const after = module.expire === undefined ? before : module.expire(before, context);
    if (after === before || after === undefined) throw new TypeError('expire must give a new state that moves its deadline on or clears it');
    table.replace(module, after);
    keepEvents();
    return true;
  } catch (thrown) {
    if (isExhaustion(thrown)) throw thrown;
    step.failures.push({ module: module.name, step: 'expire', thrown });
    return false;
  }
}
