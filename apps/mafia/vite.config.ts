import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Tells the service worker which files the page has, once they all have their names. */
function serviceWorkerFiles(): Plugin {
  return {
    name: 'service-worker-files',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const serviceWorker = bundle['sw.js'];
        if (serviceWorker?.type !== 'chunk') throw new Error('the build has no sw.js');
        const built = Object.keys(bundle).filter((file) => file !== 'sw.js' && file !== 'index.html' && !file.endsWith('.map'));
        const files = [...built, ...readdirSync(new URL('public', import.meta.url))].sort();
        const hash = createHash('sha256').update(JSON.stringify(files)).update(serviceWorker.code);
        for (const file of files) {
          const output = bundle[file];
          if (output !== undefined) hash.update(output.type === 'chunk' ? output.code : output.source);
        }
        serviceWorker.code = serviceWorker.code
          .replace(/["'`]__FILES__["'`]/u, JSON.stringify(files))
          .replace('__CACHE_NAME__', `raft-mesh-mafia-${hash.digest('hex').slice(0, 16)}`);
      },
    },
  };
}

// The libraries only define things: what is not used of them need not be in the page. The worker's entry does run.
const sideEffects = [{ test: /\/mesh-browser\/(worker\.js|src\/browser-worker\.ts)$/u, sideEffects: true }, { test: /\/packages\/|\/node_modules\/(zod|rfc6902|msgpackr|nanoid|idb)\//u, sideEffects: false }];

export default defineConfig({
  root: here,
  base: './',
  plugins: [serviceWorkerFiles()],
  // The page needs an eighth of zod, twice: in itself and in its worker.
  resolve: { alias: [{ find: /^zod\/mini$/u, replacement: fileURLToPath(new URL('../../packages/mesh-browser/src/lean-schemas.ts', import.meta.url)) }], conditions: ['@raft-mesh/source', 'module', 'browser', 'production'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es', rollupOptions: { treeshake: { moduleSideEffects: sideEffects } } },
  build: {
    outDir: 'build',
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      treeshake: { moduleSideEffects: sideEffects },
      input: { index: `${here}index.html`, sw: `${here}src/page/service-worker/service-worker.ts` },
      output: { entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
});
