import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

// Who may import whom. The table of the architecture; a new edge is a decision, made here first.
const all = ['raft', 'state-machine', 'protocol', 'mesh', 'storage-file', 'storage-indexeddb', 'transport-websocket', 'transport-http'];
const allowed: Record<string, readonly string[]> = {
  'raft': [],
  'state-machine': [],
  'protocol': ['raft', 'state-machine'],
  'mesh': ['raft', 'state-machine', 'protocol'],
  'storage-file': ['mesh', 'protocol', 'raft'],
  'storage-indexeddb': ['mesh', 'protocol'],
  'transport-websocket': ['mesh', 'protocol'],
  'transport-http': ['mesh', 'protocol'],
  'mesh-node': all,
  'mesh-browser': all,
  'testkit': ['raft', 'state-machine', 'protocol', 'mesh'],
  'simulator': ['raft', 'state-machine', 'protocol', 'mesh', 'testkit'],
  'chaos': ['protocol', 'mesh-node', 'simulator'],
  'control-plane': ['protocol', 'mesh-node'],
  'cli': ['protocol', 'mesh-node', 'control-plane', 'simulator', 'chaos'],
  'mafia': ['mesh-browser', 'mesh-node', 'state-machine', 'protocol'],
  'example-counter': ['mesh-browser', 'mesh-node', 'state-machine', 'protocol'],
};
/** Edges of types only: they vanish when compiled. */
const typesOnly = new Set(['protocol→raft', 'protocol→state-machine', 'storage-file→raft']);
/** What `src` may not take; only tests may. */
const testsOnly = new Set(['testkit']);

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['packages', 'apps', 'examples'].flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(root, parent, name))).filter((folder) => existsSync(join(folder, 'package.json')));

interface Package { readonly name: string; readonly folder: string; readonly dependencies: readonly string[] }
const packages: readonly Package[] = folders.map((folder) => {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; dependencies?: Record<string, string> };
  return { name: manifest.name.replace('@raft-mesh/', ''), folder, dependencies: Object.keys(manifest.dependencies ?? {}) };
});

function sources(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? sources(path) : /\.tsx?$/.test(name) ? [path] : [];
  });
}
const imports = (text: string): { readonly from: string; readonly typeOnly: boolean }[] =>
  [...text.matchAll(/^\s*(import|export)\s+(type\s+)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm), ...text.matchAll(/(import)\((){0}['"]([^'"]+)['"]\)/g)].map((match) => ({ from: match[3] ?? '', typeOnly: match[2] !== undefined }));

describe.each(packages)('$name', ({ name, folder, dependencies }) => {
  const may = new Set(allowed[name]);

  test('is in the import table', () => expect(allowed[name]).toBeDefined());

  test('depends only on what the table allows', () => {
    const ours = dependencies.filter((dependency) => dependency.startsWith('@raft-mesh/')).map((dependency) => dependency.replace('@raft-mesh/', ''));
    expect(ours.filter((dependency) => !may.has(dependency))).toEqual([]);
  });

  test('imports only what the table allows, and declares it', () => {
    const offences: string[] = [];
    for (const file of sources(join(folder, 'src'))) {
      const text = readFileSync(file, 'utf8');
      const where = relative(root, file);
      for (const { from, typeOnly } of imports(text)) {
        if (from.startsWith('.')) {
          if (relative(folder, join(file, '..', from)).startsWith('..')) offences.push(`${where} reaches out of its package: ${from}`);
          continue;
        }
        if (from.startsWith('node:')) continue;
        const target = from.startsWith('@') ? from.split('/').slice(0, 2).join('/') : (from.split('/')[0] ?? from);
        if (!dependencies.includes(target)) offences.push(`${where} imports ${target}, which its package.json does not declare`);
        if (!target.startsWith('@raft-mesh/')) continue;
        const short = target.replace('@raft-mesh/', '');
        if (!may.has(short) || (testsOnly.has(short) && name !== 'simulator')) offences.push(`${where} may not import ${target}`);
        if (typesOnly.has(`${name}→${short}`) && !typeOnly) offences.push(`${where} may import only types of ${target}`);
      }
    }
    expect(offences).toEqual([]);
  });
});

// What must be a function of its inputs alone: same entries, same state, on every replica.
const purePlaces = ['packages/raft/src', 'packages/state-machine/src', 'packages/protocol/src', 'packages/mesh/src', 'apps/mafia/src/game', 'examples/counter/src/index.ts'];
const impure = [
  /\bDate\b/, /\bMath\.(random|sin|cos|tan|asin|acos|atan2?|exp|expm1|log|log2|log10|log1p|pow|sqrt|cbrt|hypot|sinh|cosh|tanh)\b/, /\bIntl\b/, /\.toLocale\w*\(/, /\.localeCompare\(/,
  /\bsetTimeout\b/, /\bsetInterval\b/, /\bsetImmediate\b/, /\bprocess\./, /\bperformance\b/, /\bcrypto\b/, /['"]node:/,
];

test.each(purePlaces)('%s takes no time, randomness or I/O of its own', (place) => {
  const path = join(root, place);
  const files = place.endsWith('.ts') ? (existsSync(path) ? [path] : []) : sources(path);
  const offences = files.flatMap((file) => readFileSync(file, 'utf8').split('\n').flatMap((line, number) => {
    const code = line.replace(/\/\/.*$/, '').replace(/^\s*\/?\*.*$/, '');
    return impure.some((pattern) => pattern.test(code)) ? [`${relative(root, file)}:${number + 1} ${line.trim()}`] : [];
  }));
  expect(files.length).toBeGreaterThan(0);
  expect(offences).toEqual([]);
});

test('every source file is one concept: at most 450 lines', () => {
  const long = folders.flatMap((folder) => sources(join(folder, 'src'))).map((file) => [relative(root, file), readFileSync(file, 'utf8').split('\n').length] as const).filter(([, lines]) => lines > 450);
  expect(long).toEqual([]);
});
