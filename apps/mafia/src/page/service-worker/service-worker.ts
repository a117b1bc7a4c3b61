// Keeps the app shell, so that a refresh works with the server gone. Only files of this build are kept; the game
// itself comes from the managers and never passes through here.

declare const self: ServiceWorkerGlobalScope;

// Filled in by the build: the files that every visit needs, those that may be wanted later, and a name that changes when any of them does.
const files = '__FILES__' as unknown as readonly string[];
const laterFiles = '__LATER_FILES__' as unknown as readonly string[];
const cacheName = '__CACHE_NAME__';
const cachePrefix = 'raft-mesh-mafia-';

const shell = new URL('./', self.registration.scope).href;
const addressOf = (file: string): string => new URL(file, self.registration.scope).href;
const kept = new Set([...files, ...laterFiles].map(addressOf));

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll([shell, ...files.map(addressOf)])).then(() => self.skipWaiting()));
});

/** What was not wanted yet, once the page has all that it needs. What cannot be had now is kept when it is. */
self.addEventListener('message', (event) => {
  if (event.data !== 'keepTheRest') return;
  event.waitUntil(Promise.all(laterFiles.map((file) => keptFile(new Request(addressOf(file))).catch(() => undefined))));
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith(cachePrefix) && name !== cacheName) await caches.delete(name);
    await self.clients.claim();
  })());
});

/** The network first, so that a new build is seen at once; what is kept when there is none. */
async function shellPage(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  try {
    const fresh = await fetch(request);
    if (fresh.ok) return fresh;
  } catch {
    // The server is gone: the kept page it is.
  }
  return await cache.match(shell) ?? Response.error();
}

/** Files with a hash in their name never change: what was wanted once is kept. */
async function keptFile(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  const there = await cache.match(request, { ignoreSearch: true });
  if (there !== undefined) return there;
  const fresh = await fetch(request);
  if (fresh.ok) await cache.put(request, fresh.clone());
  return fresh;
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  const address = new URL(request.url);
  if (request.mode === 'navigate' && address.origin === self.location.origin && (address.origin + address.pathname === shell || address.pathname.endsWith('/index.html'))) event.respondWith(shellPage(request));
  else if (kept.has(address.origin + address.pathname)) event.respondWith(keptFile(request));
});
