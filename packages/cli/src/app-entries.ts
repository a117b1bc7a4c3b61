import { configuredAppName, loadAppEntry, type AppEntry } from '@raft-mesh/mesh-node';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

/** The app that is named, else the one of `mesh.config.json` here. */
export function appName(option: string | undefined): string {
  const name = option ?? configuredAppName();
  if (name === null) throw new CliError('noApp', exitCodes.usage, 'No app is named, and there is no mesh.config.json here.', 'mesh dev --app @raft-mesh/mafia   (or write {"app": "…"} into mesh.config.json)');
  return name;
}

/** One thing that an app's optional entry exports, `null` when the app has no such entry. */
export async function appExport(app: string, entry: AppEntry, name: string): Promise<unknown> {
  const loaded = await loadAppEntry(app, entry);
  if (loaded.ok) return loaded.value[name] ?? null;
  if (loaded.problem.code === 'appEntryMissing') return null;
  throw new CliError(loaded.problem.code, exitCodes.notFound, loaded.problem.detail, loaded.problem.next);
}

/** The folder with an app's built page, `null` for an app without one. */
export async function pageDirectoryOf(app: string): Promise<string | null> {
  const directory = await appExport(app, 'page', 'pageDirectory');
  return typeof directory === 'string' ? directory : null;
}

/** Names that an app's bots like to have. */
export async function botNamesOf(app: string): Promise<readonly string[]> {
  const names = await appExport(app, 'bots', 'botNames');
  return Array.isArray(names) ? names.filter((name): name is string => typeof name === 'string') : [];
}
