import type { DevMesh } from '@raft-mesh/cli';
import { connectWorker, createControlPlaneClient, type Worker } from '@raft-mesh/mesh-node';
import { control } from '@raft-mesh/protocol';
import type * as z from 'zod/mini';
import { percentile, rounded } from './support/percentile.ts';
import { postJson } from './support/post-json.ts';

const limits = { registrationP99Ms: 100, joinP99Ms: 200 };
const joinWithinMs = 30_000;

/**
 * So many agents who open one invitation at the same moment, and then all join at the same moment; all of them in this process. Registration is from the call of
 * the API to its answer, which is given when the use is stored; joining from the token in hand to the first view of the game. A first round, by processes that
 * have just started, is told apart: `cold`. A figure is the median of what each round after it gave.
 *
 * Each agent would have a machine of its own. So they register by a plain client, and in every other round by the SDK (`registrationBySdk`), whose own work,
 * done a hundred times by one process, is then part of the figure.
 */
export async function benchJoin(mesh: DevMesh, { agents, rounds, store }: { readonly agents: number; readonly rounds: number; readonly store: string }): Promise<Record<string, unknown>> {
  const all: Round[] = [];
  for (let round = 0; round <= rounds * 2; round += 1) {
    const bySdk = round % 2 === 1;
    const register = bySdk ? registerBySdk(mesh) : registerPlainly(mesh);
    const registrations: number[] = [];
    const joins: number[] = [];
    all.push({ bySdk, registrations, joins });
    const code = new URL(await mesh.invitation()).hash.replace('#invitation=', '');
    const extra = new URL(await mesh.invitation()).hash.replace('#invitation=', '');
    const names = Array.from({ length: agents }, (_, number) => `r${round}a${number}`);
    const registered = await Promise.all(names.map(async (name, number) => {
      const startedAtMs = performance.now();
      // One link admits 64.
      const join = await register(number < 64 ? code : extra, name);
      registrations.push(performance.now() - startedAtMs);
      return { ...join, name };
    }));
    const workers = await Promise.all(registered.map(async (join) => {
      const startedAtMs = performance.now();
      const worker = await connectWorker({ transport: 'websocket', join, timeoutMs: joinWithinMs });
      await firstView(worker);
      joins.push(performance.now() - startedAtMs);
      return worker;
    }));
    await Promise.all(workers.map((worker) => worker.close()));
  }
  const [cold, ...warm] = all;
  const joinP99s = warm.map(({ joins }) => percentile(joins, 0.99));
  const registrationP99s = (bySdk: boolean) => warm.filter((round) => round.bySdk === bySdk).map(({ registrations }) => percentile(registrations, 0.99));
  const median = (values: readonly number[]) => rounded(percentile(values, 0.5), 1);
  const line = {
    bench: 'join', store, agents, rounds, registrationP99Ms: median(registrationP99s(false)), registrationBySdkP99Ms: median(registrationP99s(true)), joinP99Ms: median(joinP99s),
    registrationP99MsByRound: registrationP99s(false).map(round1), registrationBySdkP99MsByRound: registrationP99s(true).map(round1), joinP99MsByRound: joinP99s.map(round1),
    cold: cold === undefined ? null : { registrationP99Ms: round1(percentile(cold.registrations, 0.99)), joinP99Ms: round1(percentile(cold.joins, 0.99)) }, limits,
  };
  return { ...line, holds: line.registrationP99Ms < limits.registrationP99Ms && line.joinP99Ms < limits.joinP99Ms };
}

interface Round { readonly bySdk: boolean; readonly registrations: number[]; readonly joins: number[] }

type Register = (code: string, name: string) => Promise<Pick<z.infer<typeof control.joinToken>, 'token' | 'mesh'>>;

const round1 = (value: number) => rounded(value, 1);

function registerBySdk(mesh: DevMesh): Register {
  const client = createControlPlaneClient({ url: mesh.controlPlaneUrl, timeoutMs: joinWithinMs });
  return async (code, name) => {
    const redeemed = await client.redeemInvitation(code, name);
    if (!redeemed.ok) throw new Error(`${name} was not registered: ${redeemed.problem.code}`);
    return redeemed.value;
  };
}

function registerPlainly(mesh: DevMesh): Register {
  return async (code, name) => control.joinToken.parse(await postJson(`${mesh.controlPlaneUrl}/api/v1/invitations/redeem`, { code, name }));
}

function firstView(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = worker.watch('mafia', null, () => { queueMicrotask(() => stop()); resolve(); }, (refusal) => reject(new Error(refusal.message)));
  });
}
