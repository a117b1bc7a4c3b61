import path from 'node:path';
import { Hono } from 'hono';
import { compress } from 'hono/compress';
import { serveStatic } from '@hono/node-server/serve-static';
import { problemResponse } from '@raft-mesh/mesh-node';
import { problems } from '../mesh-manager/problems.ts';

/**
 * The app's built page: files as they are, and its index for every other address, so that the page's own routes survive a refresh.
 * Only files whose names change with their content may be kept by browsers. Compressed for whoever takes that.
 */
export function createPages(pageDirectory: string): Hono {
  const pages = new Hono();
  pages.use(compress());
  const files = serveStatic({ root: pageDirectory, onFound: (file, context) => context.header('cache-control', cacheControl(path.relative(pageDirectory, file))) });
  const index = serveStatic({ root: pageDirectory, path: 'index.html', onFound: (_file, context) => context.header('cache-control', 'no-cache') });
  pages.get('*', files);
  pages.get('*', (context, next) => {
    const looksLikeFile = path.posix.extname(context.req.path) !== '';
    return looksLikeFile ? next() : index(context, next);
  });
  pages.all('*', (context) => problemResponse(context, problems.routeNotFound().problem));
  return pages;
}

/** Vite puts what it has hashed into `assets/`. */
function cacheControl(file: string): string {
  return file.split(path.sep)[0] === 'assets' ? 'public, max-age=31536000, immutable' : 'no-cache';
}
