import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import type { Plugin, Rolldown } from 'vite';

type RollupLog = Rolldown.RollupLog;
type LogLevel = Rolldown.LogLevel;

const here = fileURLToPath(new URL('.', import.meta.url));

/** What each character and option does, the page says in the languages of its own: the sentences beside the rules are for those who read the rules. */
function withoutRules(): Plugin {
  return {
    name: 'without-rules',
    // Before types are taken out, when the text is as it was written.
    enforce: 'pre',
    transform: (code, id) => (/\/src\/game\/(characters|options)\/[\w-]+\.ts$/u.test(id) ? { code: code.replace(/^ {2}rule: '.*',$/gmu, "  rule: '',"), map: null } : null),
  };
}

/** Tells the service worker which files the page has, once they all have their names: what every visit needs, and what may be wanted later. */
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
        const needed = new Set(readdirSync(new URL('public', import.meta.url)));
        const need = (file: string): void => {
          const output = bundle[file];
          if (needed.has(file) || output === undefined) return;
          needed.add(file);
          if (output.type !== 'chunk') return;
          output.imports.forEach(need);
          output.viteMetadata?.importedCss.forEach(need);
        };
        for (const file of built) {
          const output = bundle[file];
          // Styles come with the part of the page that they are of.
          if (output?.type === 'chunk' ? output.isEntry : !file.endsWith('.css')) need(file);
        }
        // Signing in needs the network, and most tables have none of it.
        const later = built.filter((file) => !needed.has(file) && !/^assets\/(sign-in|account)-/u.test(file)).sort();
        const files = [...needed].sort();
        const hash = createHash('sha256').update(JSON.stringify([files, later])).update(serviceWorker.code);
        for (const file of built) {
          const output = bundle[file];
          if (output !== undefined) hash.update(output.type === 'chunk' ? output.code : output.source);
        }
        serviceWorker.code = serviceWorker.code
          .replace(/["'`]__FILES__["'`]/u, JSON.stringify(files))
          .replace(/["'`]__LATER_FILES__["'`]/u, JSON.stringify(later))
          .replace('__CACHE_NAME__', `raft-mesh-mafia-${hash.digest('hex').slice(0, 16)}`);
      },
    },
  };
}

// The libraries only define things: what is not used of them need not be in the page. The worker's entry does run.
const sideEffects = [{ test: /\/mesh-browser\/(worker\.js|src\/browser-worker\.ts)$/u, sideEffects: true }, { test: /\/packages\/|\/node_modules\/(rfc6902|@msgpack|nanoid|idb|qr)\//u, sideEffects: false }];

/** The page and its worker need an eighth of zod and half of msgpackr: these stand in for them. */
const lean = (name: string): string => fileURLToPath(new URL(`../../packages/mesh-browser/src/${name}.ts`, import.meta.url));

// What of zod the stand-in has not is in schemas that only managers use: they are seen, and left out.
const onLog = (level: LogLevel, log: RollupLog, handle: (level: LogLevel, log: RollupLog) => void): void => {
  if (log.code !== 'IMPORT_IS_UNDEFINED' || !log.message.includes('lean-schemas')) handle(level, log);
};

export default defineConfig({
  root: here,
  base: './',
  plugins: [withoutRules(), serviceWorkerFiles()],
  resolve: {
    alias: [
      { find: /^zod\/mini$/u, replacement: lean('lean-schemas') },
      { find: /^msgpackr\/(pack|unpack)$/u, replacement: lean('lean-message-pack') },
    ],
    conditions: ['@raft-mesh/source', 'module', 'browser', 'production'],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es', rollupOptions: { onLog, treeshake: { moduleSideEffects: sideEffects } } },
  build: {
    outDir: 'build',
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      onLog,
      treeshake: { moduleSideEffects: sideEffects },
      input: { index: `${here}index.html`, sw: `${here}src/page/service-worker/service-worker.ts` },
      output: { entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
});
