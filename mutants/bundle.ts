import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { applyPatch } from 'diff';
import type { Mutant } from './mutant.ts';

/**
 * A program of this source tree, with everything that it imports, as one file in which the mutant's mistake has been made; `null`: the code
 * as it is. Nothing in the source tree changes. Throws when a patch no longer fits, or touches what the program never loads.
 */
export async function bundleWithMistake(root: string, entry: string, mutant: Mutant | null, outfile: string): Promise<void> {
  const mutated = new Map<string, string>();
  for (const patch of mutant?.patches ?? []) {
    const path = (patch.newFileName ?? '').replace(/^b\//, '');
    const changed = applyPatch(await readFile(join(root, path), 'utf8'), patch);
    if (changed === false) throw new Error(`mutants/patches/${mutant?.name ?? ''}.patch no longer fits ${path}: make the same mistake again in the code as it is now`);
    mutated.set(join(root, path), changed);
  }
  const loaded = new Set<string>();
  await build({
    entryPoints: [join(root, entry)], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', conditions: ['@raft-mesh/source'],
    banner: { js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);" },
    external: ['@jest/globals', 'fs-native-extensions'], logLevel: 'error', sourcemap: false,
    plugins: [{
      name: 'mutant',
      setup: (bundling) => bundling.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const contents = mutated.get(path);
        if (contents === undefined) return null;
        loaded.add(path);
        return { contents, loader: 'ts' };
      }),
    }],
  });
  for (const path of mutated.keys()) if (!loaded.has(path)) throw new Error(`${entry} never loads ${path}, so a mistake there cannot be caught`);
}
