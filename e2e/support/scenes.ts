import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';

/** The page over a table of bots inside it, in place of a mesh: every screen, without a process. `apps/mafia/test/page`. */
export interface Scenes {
  /** The address of one scene. */
  address(query: Readonly<Record<string, string>>): string;
  close(): Promise<void>;
}

const configFile = fileURLToPath(new URL('../../apps/mafia/test/page/vite.config.ts', import.meta.url));

export async function serveScenes(): Promise<Scenes> {
  await build({ configFile, logLevel: 'error' });
  const server = await preview({ configFile, logLevel: 'error', preview: { port: 0, host: '127.0.0.1' } });
  const [url] = server.resolvedUrls?.local ?? [];
  if (url === undefined) throw new Error('the scenes have no address');
  return {
    address: (query) => `${url}?${new URLSearchParams(query).toString()}#x`,
    close: async () => { await server.close(); },
  };
}
