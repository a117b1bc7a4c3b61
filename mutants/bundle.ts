import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { applyPatch } from 'diff';
import type { Mutant } from './mutant.ts';

/**
 * The hunt, with everything that it imports, as one program in which the mutant's mistake has been made; `null`: the code as it is.
 * Nothing in the source tree changes. Throws when a patch no longer fits.
 */
export async function bundleHunt(root: string, mutant: Mutant | null, outfile: string): Promise<void> {
  const mutated = new Map<string, string>();
  for (const patch of mutant?.patches ?? []) {
    const path = (patch.newFileName ?? '').replace(/^b\//, '');
    const changed = applyPatch(await readFile(join(root, path), 'utf8'), patch);
    if (changed === false) throw new Error(`mutants/patches/${mutant?.name ?? ''}.patch no longer fits ${path}: make the same mistake again in the code as it is now`);
    mutated.set(join(root, path), changed);
  }
  const loaded = new Set<string>();
  await build({
    entryPoints: [join(root, 'mutants/hunt.ts')], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', conditions: ['@raft-mesh/source'],
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
  for (const path of mutated.keys()) if (!loaded.has(path)) throw new Error(`the simulator never loads ${path}, so it cannot catch a mistake there`);
}
