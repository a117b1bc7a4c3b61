import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { combineStatus, fetchManagerStatus, parsedJson, type Result } from '@raft-mesh/mesh-node';
import { protocolVersion, type ManagerId, type ManagerStatus, type MeshId, type MeshStatus } from '@raft-mesh/protocol';
import type { ManagerAnswer } from './manager-checks.ts';
import { shortText } from './short-text.ts';

/** Long enough for a busy machine, short enough for who waits. */
export const askTimeoutMs = 3_000;
/** The same question again and again shows what changes, and what does not. */
const looks = 4;
const lookPauseMs = 500;

export const lookedForMs = (looks - 1) * lookPauseMs;

interface Address { readonly id: ManagerId; readonly url: string }

/** What managers answer to one token, at several moments. */
export interface ManagersSeen {
  readonly answers: ReadonlyMap<string, ManagerAnswer>;
  readonly leaders: readonly { readonly leader: string | null; readonly term: number }[];
  /** At the last moment. */
  readonly status: MeshStatus;
  readonly leader: ManagerStatus | null;
  readonly clocks: readonly { readonly who: string; readonly aheadMs: number }[];
}

export async function readManagers(mesh: MeshId, managers: readonly Address[], token: string): Promise<ManagersSeen> {
  const ask = async (asked: readonly Address[]) => new Map(await Promise.all(asked.map(async ({ id, url }) => [id, await fetchManagerStatus(url, mesh, token, askTimeoutMs)] as const)));
  const seen = [await ask(managers)];
  const first = seen[0] ?? new Map<ManagerId, Result<ManagerStatus>>();
  // Who said nothing is not waited for again.
  const answering = managers.filter(({ id }) => first.get(id)?.ok === true);
  for (let look = 1; look < looks; look += 1) {
    await new Promise((resolve) => { setTimeout(resolve, lookPauseMs); });
    seen.push(await ask(answering));
  }
  const last = seen.at(-1) ?? first;
  const statuses = seen.map((look) => combineStatus(mesh, managers.map((manager) => ({ manager, status: statusIn(look, manager.id) }))));
  const status = statuses.at(-1) ?? combineStatus(mesh, []);
  const more = new Map(await Promise.all(answering.map(async ({ id, url }) => {
    const [ready, speaksOurs] = await Promise.all([readiness(url), speaksOurVersion(url)]);
    return [id, { ...ready, speaksOurs }] as const;
  })));
  const answers = await Promise.all(managers.map(async ({ id, url }): Promise<readonly [string, ManagerAnswer]> => {
    const before = statusIn(first, id);
    const after = statusIn(last, id) ?? before;
    if (before === null || after === null) return [id, await whyNot(url, first.get(id))];
    return [id, { kind: 'status', first: before, last: after, notReady: more.get(id)?.code ?? null, speaksOurVersion: more.get(id)?.speaksOurs ?? null }];
  }));
  return {
    answers: new Map(answers), status, leader: status.leader === null ? null : statusIn(last, status.leader), leaders: statuses.map(({ leader, term }) => ({ leader, term })),
    clocks: [...more].flatMap(([who, { aheadMs }]) => (aheadMs === null ? [] : [{ who, aheadMs }])),
  };
}

function statusIn(look: ReadonlyMap<ManagerId, Result<ManagerStatus>>, id: ManagerId): ManagerStatus | null {
  const answer = look.get(id);
  return answer?.ok === true ? answer.value : null;
}

async function whyNot(url: string, answer: Result<ManagerStatus> | undefined): Promise<ManagerAnswer> {
  if (answer === undefined || answer.ok) return { kind: 'silent', cause: 'it answered once, and then no more' };
  const { code, detail } = answer.problem;
  if (code !== 'unreachable') return { kind: 'refused', code, detail };
  const cause = /\(([^()]*)\)\.$/.exec(detail)?.[1] ?? 'unreachable';
  return cause === 'timed out' && await takesConnections(url) ? { kind: 'hangs' } : { kind: 'silent', cause };
}

/** How far a clock is before this one: what an answer says of the time, which is in whole seconds. `null`: it says nothing. */
export function aheadMsOf(answer: Response): number | null {
  const date = Date.parse(answer.headers.get('date') ?? '');
  return Number.isNaN(date) ? null : date - Date.now();
}

/** What a manager or a control plane says at /readyz. */
export async function readiness(url: string): Promise<{ readonly code: string | null; readonly aheadMs: number | null }> {
  try {
    const answer = await fetch(`${url.replace(/^ws/, 'http').replace(/\/+$/, '')}/readyz`, { signal: AbortSignal.timeout(askTimeoutMs) });
    const body = answer.ok ? null : parsedJson(await shortText(answer));
    const code = typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : null;
    return { code, aheadMs: aheadMsOf(answer) };
  } catch {
    return { code: null, aheadMs: null };
  }
}

/** Offers the WebSocket subprotocol of this release, and hangs up. `null`: neither taken nor refused for its version. */
function speaksOurVersion(url: string): Promise<boolean | null> {
  return upgrade(url).then(({ status, body }) => (status === 101 ? true : body.includes('"versionUnsupported"') ? false : null), () => null);
}

/** Whether something accepts connections, whatever it does with them. */
function takesConnections(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = openUpgrade(url);
    asking.on('socket', (socket) => {
      socket.once('connect', () => { resolve(true); asking.destroy(); });
    });
    asking.once('error', () => resolve(false));
    asking.end();
  });
}

function upgrade(url: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const asking = openUpgrade(url);
    asking.once('upgrade', (_response, socket) => {
      socket.destroy();
      resolve({ status: 101, body: '' });
    });
    asking.once('response', (response) => {
      let body = '';
      response.on('data', (data: Buffer) => { body = (body + data.toString('utf8')).slice(0, 4_096); });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asking.once('error', reject);
    asking.end();
  });
}

function openUpgrade(url: string) {
  const address = `${url.replace(/^ws/, 'http').replace(/\/+$/, '')}/api/v1/links`;
  return (address.startsWith('https:') ? secureRequest : request)(address, {
    agent: false, signal: AbortSignal.timeout(askTimeoutMs),
    headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': Buffer.from('mesh doctor asks').toString('base64'), 'sec-websocket-protocol': `raft-mesh.v${protocolVersion}` },
  });
}
