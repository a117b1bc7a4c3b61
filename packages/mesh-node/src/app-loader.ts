import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod/mini';
import type { App } from '@raft-mesh/state-machine';
import { errorCode } from './error-code.ts';
import { parsedJson } from './parsed-json.ts';
import { failed, succeeded } from './problem.ts';
import type { Result } from './problem.ts';
import { ProblemError } from './problem-error.ts';

/** The optional entries of an app's package. */
export type AppEntry = 'bots' | 'page' | 'cli';

const configuration = z.object({ app: z.string().check(z.minLength(1)) });
const packageManifest = z.object({ name: z.string() });
const appShape = z.custom<App>((value) => z.object({ name: z.string(), version: z.number(), modules: z.array(z.object({ name: z.string(), version: z.number() })) }).safeParse(value).success, 'is no app');

/** The app named in `mesh.config.json` (`{"app": …}`) of this directory, `null` when there is no such file. Throws a `ProblemError` when the file cannot be understood. */
export function configuredAppName(directory: string = process.cwd()): string | null {
  const file = path.join(directory, 'mesh.config.json');
  if (!existsSync(file)) return null;
  const parsed = configuration.safeParse(parsedJson(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new ProblemError(failed(422, 'configurationInvalid', `${file} does not say which app the mesh runs.`, 'Write {"app": "…"} into it, or name the app: --app ./my-app').problem);
  return parsed.data.app;
}

/**
 * Loads an app: a package name (one of `@raft-mesh` also without that), a package's directory, or a file, each seen from `directory`. The module must export `app`.
 * Problems: `appNotFound`, `appEntryMissing`, `appInvalid`. What the module itself throws while loading is passed on.
 */
export async function loadApp(name: string, directory: string = process.cwd()): Promise<Result<App>> {
  const loaded = await loadEntry(name, null, directory);
  if (!loaded.ok) return loaded;
  const app = appShape.safeParse(loaded.value['app']);
  return app.success ? succeeded(app.data) : failed(422, 'appInvalid', `${name} was loaded, but it exports no \`app\` with a name, a version and modules.`, 'Export it: `export const app: App = { name, version, modules }`.');
}

/** An app as it is, or loaded by its name. Throws a `ProblemError` where `loadApp` has a problem. */
export async function appFor(app: App | string): Promise<App> {
  if (typeof app !== 'string') return app;
  const loaded = await loadApp(app);
  if (!loaded.ok) throw new ProblemError(loaded.problem);
  return loaded.value;
}

/** Loads one of an app's optional entries, as a record of what it exports; the caller checks for what it needs. */
export function loadAppEntry(name: string, entry: AppEntry, directory: string = process.cwd()): Promise<Result<Readonly<Record<string, unknown>>>> {
  return loadEntry(name, entry, directory);
}

async function loadEntry(name: string, entry: AppEntry | null, directory: string): Promise<Result<Readonly<Record<string, unknown>>>> {
  const file = resolveEntry(name, entry, directory);
  if (!file.ok) return file;
  const loaded: unknown = await import(pathToFileURL(file.value).href);
  return succeeded(loaded as Readonly<Record<string, unknown>>);
}

function resolveEntry(name: string, entry: AppEntry | null, directory: string): Result<string> {
  const notFound = failed(404, 'appNotFound', `There is no app ${name} to be found from ${directory}.`, 'Name an installed package, a package\'s directory or a file: `--app ./my-app`, or "app" in mesh.config.json.');
  const isPath = name.startsWith('.') || path.isAbsolute(name);
  const place = path.resolve(directory, name);
  if (isPath && !existsSync(place)) return notFound;
  if (isPath && statSync(place).isFile()) {
    return entry === null ? succeeded(place) : failed(404, 'appEntryMissing', `${name} is a single file and has no entry ./${entry}.`, 'Make it a package with that entry under "exports".');
  }
  // A package may import itself by its own name; that is how its exports are found from its own directory.
  const from = isPath ? place : directory;
  const require = createRequire(path.join(from, 'package.json'));
  const names = isPath ? [packageNameAt(place)] : isShort(name) ? [name, `@raft-mesh/${name}`] : [name];
  const [found] = names.flatMap((candidate) => { const file = candidate === null ? null : resolvedFrom(require, candidate); return candidate === null || file === null ? [] : [{ packageName: candidate, main: file }]; });
  const packageName = found?.packageName ?? names[0] ?? null;
  if (packageName === null) return notFound;
  const main = found?.main ?? null;
  if (entry === null) return main === null ? notFound : succeeded(main);
  const file = resolvedFrom(require, `${packageName}/${entry}`);
  if (file !== null) return succeeded(file);
  return main === null ? notFound : failed(404, 'appEntryMissing', `The app ${name} has no entry ./${entry}.`, 'Add it under "exports" in its package.json, and build it.');
}

/** A name that may be meant without our scope: `mafia` for `@raft-mesh/mafia`. */
const isShort = (name: string): boolean => /^[a-z0-9-]+$/u.test(name);

/** `null` when there is no such package, or it does not export that. */
function resolvedFrom(require: NodeJS.Require, request: string): string | null {
  try {
    return require.resolve(request);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return null;
    throw error;
  }
}

function packageNameAt(directory: string): string | null {
  const file = path.join(directory, 'package.json');
  if (!existsSync(file)) return null;
  const manifest = packageManifest.safeParse(parsedJson(readFileSync(file, 'utf8')));
  return manifest.success ? manifest.data.name : null;
}
