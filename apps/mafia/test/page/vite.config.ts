import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vite';
import page from '../../vite.config.ts';

// The page with a table of bots inside it instead of a mesh, to look at: `npx vite --config apps/mafia/test/page/vite.config.ts`,
// then /?scene=night&as=doctor#x (scenes: join, move, lobby, night, day, vote, end, dead; `loss` lets the connection come and go, `away` two of the others;
// `by` is how one comes there: sign-in, accounts, known).
const fake = (name: string): string => fileURLToPath(new URL(`./fake-${name}.ts`, import.meta.url));

export default mergeConfig(page, defineConfig({
  plugins: [{
    name: 'fakes',
    enforce: 'pre',
    resolveId(source, importer) {
      if (importer?.includes('/page/client/') !== true) return null;
      const name = /^\.{1,2}\/(connect|invitation|sign-in)\.ts$/u.exec(source)?.[1];
      return name === undefined ? null : fake(name);
    },
  }],
  build: { outDir: fileURLToPath(new URL('../../test-results/page', import.meta.url)) },
}));
