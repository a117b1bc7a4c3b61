import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { ProblemError, configuredAppName, joinMesh } from '@raft-mesh/mesh-node';
import { readHostSettings } from '../../packages/mesh-node/src/host/host-directory.ts';
import { Snapshots, openFileStore } from '@raft-mesh/control-plane';
import { drawScenario, readScenario, writeScenario } from '@raft-mesh/simulator';
import { readHistory } from '../../packages/chaos/src/history/history-file.ts';
import { CliError } from '../../packages/cli/src/cli-error.ts';
import { loadContext } from '../../packages/cli/src/context.ts';
import { layout, loadBots, loadDevState } from '../../packages/cli/src/dev/layout.ts';
import { loadProgress } from '../../packages/cli/src/sim/resume-file.ts';
import { readManagerIdentity, readManagerSettings } from '../../packages/mesh-node/src/manager-directory.ts';
import { generator, json, jsonLines, text } from '../generate.ts';
import type { Write } from '../generate.ts';
import { joined } from '../mutate-bytes.ts';
import { MemoryStore } from '../../packages/control-plane/test/memory-store.ts';
import { check } from '../target.ts';
import type { Opened, Target, Verdict } from '../target.ts';

const decoder = new TextDecoder();

/** Each input becomes one file of a directory, which is then read. `isRefusal`: what a reader that is in order throws. */
function fileTarget(name: string, weight: number, samples: readonly unknown[], write: Write, file: string, read: (directory: string) => unknown, isRefusal: (error: unknown) => boolean, others: Readonly<Record<string, string>> = {}): Target {
  return {
    name, weight, ...generator(samples, write, { bytesPerMille: 200 }),
    open: (): Opened => {
      const directory = mkdtempSync(join(tmpdir(), 'raft-mesh-fuzz-'));
      const put = (path: string, data: Uint8Array | string): void => { mkdirSync(dirname(join(directory, path)), { recursive: true }); writeFileSync(join(directory, path), data); };
      for (const [path, content] of Object.entries(others)) put(path, content);
      return {
        async run(input): Promise<Verdict> {
          put(file, input);
          try {
            await read(directory);
            return 'accepted';
          } catch (error) {
            if (isRefusal(error)) return 'refused';
            throw error;
          }
        },
        close() { rmSync(directory, { recursive: true, force: true }); },
      };
    },
  };
}

const isCliError = (error: unknown): boolean => error instanceof CliError && error.message.length > 0 && error.next.length > 0;
const isProblem = (error: unknown): boolean => error instanceof ProblemError && error.next.length > 0;

const description = { mesh: 'village', incarnation: 1, app: 'mafia', publicKey: 'x', createdAt: '2026-01-01T00:00:00Z', managers: [{ id: 'm1', managerIncarnation: 1, url: 'http://127.0.0.1:1', publicKey: null }] };
const key = { kty: 'OKP', crv: 'Ed25519', d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
const meshFile = { mesh: 'village', incarnation: 1, manager: 'm1', managerIncarnation: 1, url: 'http://127.0.0.1:1', app: 'mafia', meshPublicKey: 'x', controlPlane: null };
const progress = { version: 1, app: 'mafia', commits: ['a'], done: [[1, 9]], wallMs: 1, tally: { seeds: 9, events: 1, operations: 1, simulatedMs: 1, faults: { crash: 1 }, failures: [{ seed: 1, promise: 'p', message: 'm', atMs: 1, commit: null, traceHash: 'h', scenario: { seed: 1 } }] } };

const scenarios: Target = {
  name: 'simulator.scenario', weight: 4, ...generator([1, 2, 3, 4].map((seed) => JSON.parse(writeScenario(drawScenario(seed))) as unknown), json, { bytesPerMille: 200 }),
  open: () => ({
    run(input): Verdict {
      const read = readScenario(decoder.decode(input));
      if (!read.ok) {
        check(read.problem.length > 0, 'a scenario is refused without a reason');
        return 'refused';
      }
      const again = readScenario(writeScenario(read.scenario));
      check(again.ok && JSON.stringify(again.scenario) === JSON.stringify(read.scenario), 'a scenario does not come back as it was');
      return 'accepted';
    },
    close() {},
  }),
};

/** A link that somebody was sent: nothing but an address of a control plane with a code is asked for. */
const invitationLink: Target = {
  name: 'invitation.link', weight: 0.4, ...generator(['http://127.0.0.1:1/#invitation=abc', 'ftp://x/#invitation=a', 'http://127.0.0.1:1/', 'javascript:alert(1)#invitation=1'], text),
  open: () => {
    const { fetch: platformFetch } = globalThis;
    const directory = mkdtempSync(join(tmpdir(), 'raft-mesh-fuzz-'));
    // Nobody answers: what is asked, and of whom, is all that counts here.
    globalThis.fetch = () => Promise.reject(new Error('nobody'));
    return {
      async run(input): Promise<Verdict> {
        try {
          await joinMesh(decoder.decode(input), { directory, name: 'Ada' });
          return 'accepted';
        } catch (error) {
          if (isProblem(error)) return error instanceof ProblemError && error.code === 'unreachable' ? 'accepted' : 'refused';
          throw error;
        }
      },
      close() { globalThis.fetch = platformFetch; rmSync(directory, { recursive: true, force: true }); },
    };
  },
};

const record = (value: unknown, bytes: Uint8Array | null): Uint8Array => joined(json({ version: 'v1', value, sizeBytes: bytes?.length ?? null }), new Uint8Array([10]), bytes ?? new Uint8Array());
const storeRecord: Write = (value) => (Array.isArray(value) ? record(value[0], value[1] instanceof Uint8Array ? value[1] : null) : record(value, null));

/** What the control plane keeps of a snapshot: its head, and its bytes as Brotli has them. */
const keptSnapshot: Target = {
  name: 'controlPlane.snapshot', weight: 0.8,
  ...generator([
    { incarnation: 1, snapshot: { description: { incarnation: 1, term: 1, index: 5, logTimeMs: 5, sizeBytes: 3, sha256: '039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81', takenAt: 'now' }, codec: 'brotli', chunks: [] }, bytes: [...brotliCompressSync(new Uint8Array([1, 2, 3]))] },
    { incarnation: 1, snapshot: null, bytes: [] },
    { incarnation: 1, snapshot: { description: { incarnation: 1, term: 1, index: 5, logTimeMs: 5, sizeBytes: 3, sha256: 'x', takenAt: 'now' }, codec: 'brotli', chunks: ['a', 'b'] }, bytes: [...brotliCompressSync(new Uint8Array(40_000))] },
  ], json, { bytesPerMille: 50 }),
  open: () => ({
    async run(input): Promise<Verdict> {
      let value: Record<string, unknown>;
      try {
        value = Object(JSON.parse(decoder.decode(input))) as Record<string, unknown>;
      } catch {
        return 'refused';
      }
      const store = new MemoryStore();
      const bytes = Array.isArray(value['bytes']) ? Uint8Array.from(value['bytes'].slice(0, 100_000).map(Number)) : null;
      await store.create('snapshots', 'head', { value: { incarnation: value['incarnation'], snapshot: value['snapshot'] } as never, bytes });
      try {
        return await new Snapshots(store).latest('head') === null ? 'refused' : 'accepted';
      } catch (error) {
        // Broken storage is thrown; the gateway answers it as its own fault. What is thrown says so.
        check(error instanceof Error && !(error instanceof TypeError) && error.message.length > 0, `a kept snapshot was refused in no known way: ${String(error)}`);
        return 'refused';
      }
    },
    close() {},
  }),
};

export const fileTargets: readonly Target[] = [
  scenarios, invitationLink, keptSnapshot,
  fileTarget('cli.context', 0.5, [{ controlPlane: 'http://127.0.0.1:1', adminKeyFile: 'x', mesh: description, operateToken: 't' }], json, 'context.json', loadContext, isCliError),
  fileTarget('cli.devState', 0.4, [{ app: 'mafia', host: '127.0.0.1', controlPlanePort: 1, mesh: 'village', managers: [{ id: 'm1', port: 2 }] }], json, layout.dev('.'), loadDevState, isCliError),
  fileTarget('chaos.history', 0.5, [[{ client: 'c1', op: 'put', key: 'k', in: { value: 1 }, out: { version: 1 }, start: 1, end: 2, outcome: 'ok' }, { client: 'c2', op: 'get', key: 'k', in: null, out: null, start: 1, end: null, outcome: 'unknown' }]], jsonLines, 'history.jsonl', async (directory) => { for await (const operation of readHistory(join(directory, 'history.jsonl'))) check(typeof operation.op === 'string' && typeof operation.outcome === 'string', 'an operation has another shape'); }, (error) => error instanceof TypeError && error.message.includes('is no operation of a history')),
  fileTarget('cli.bots', 0.3, [['Ada', 'Bob']], json, layout.bots('.'), loadBots, isCliError),
  fileTarget('cli.resume', 0.4, [progress], json, 'progress.json', (directory) => loadProgress(join(directory, 'progress.json'), 'mafia'), isCliError),
  fileTarget('managerDirectory.mesh', 0.4, [meshFile], json, 'mesh.json', async (directory) => { await readManagerIdentity(directory); await readManagerSettings(directory); }, isProblem, { credential: 'a.b.c', 'key.json': JSON.stringify(key) }),
  fileTarget('managerDirectory.key', 0.4, [key], json, 'key.json', readManagerSettings, isProblem, { credential: 'a.b.c', 'mesh.json': JSON.stringify(meshFile) }),
  fileTarget('hostDirectory.host', 0.4, [{ host: 'h1', url: 'http://127.0.0.1:7100', controlPlane: 'http://127.0.0.1:7070', key }], json, 'host.json', readHostSettings, isProblem),
  fileTarget('app.configuration', 0.4, [{ app: '@raft-mesh/mafia' }], json, 'mesh.config.json', configuredAppName, isProblem),
  fileTarget('controlPlane.record', 0.4, [[description, null], [{ incarnation: 1, snapshot: null }, new Uint8Array([1, 2, 3])]], storeRecord, 'meshes/village.record', async (directory) => { const store = await openFileStore(directory); await store.list('meshes', { limit: 5, after: null }); await store.read('meshes', 'village'); }, (error) => error instanceof Error && /damaged/.test(error.message)),
];
