import type { DevMesh } from '@raft-mesh/cli';
import { connectWorker, createControlPlaneClient, type Worker } from '@raft-mesh/mesh-node';
import { percentile, rounded } from './support/percentile.ts';

const limits = { registrationP99Ms: 100, joinP99Ms: 200 };
const joinWithinMs = 30_000;

/**
 * So many agents who open one invitation at the same moment, and then all join at the same moment; all of them in this process. Registration is from the call of
 * the API to its answer, which is given when the use is stored; joining from the token in hand to the first view of the game. A first round, by processes that
 * have just started, is told apart: `cold`. A figure is the median of what each round after it gave.
 */
export async function benchJoin(mesh: DevMesh, { agents, rounds, store }: { readonly agents: number; readonly rounds: number; readonly store: string }): Promise<Record<string, unknown>> {
  const all: { readonly registrations: number[]; readonly joins: number[] }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const registrations: number[] = [];
    const joins: number[] = [];
    all.push({ registrations, joins });
    const code = new URL(await mesh.invitation()).hash.replace('#invitation=', '');
    const extra = new URL(await mesh.invitation()).hash.replace('#invitation=', '');
    const names = Array.from({ length: agents }, (_, number) => `r${round}a${number}`);
    const client = createControlPlaneClient({ url: mesh.controlPlaneUrl, timeoutMs: joinWithinMs });
    const registered = await Promise.all(names.map(async (name, number) => {
      const startedAtMs = performance.now();
      // One link admits 64.
      const redeemed = await client.redeemInvitation(number < 64 ? code : extra, name);
      if (!redeemed.ok) throw new Error(`${name} was not registered: ${redeemed.problem.code}`);
      registrations.push(performance.now() - startedAtMs);
      return { mesh: redeemed.value.mesh, token: redeemed.value.token, name };
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
  const [cold, ...warm] = all.map(({ registrations, joins }) => ({
    registrationP50Ms: percentile(registrations, 0.5), registrationP99Ms: percentile(registrations, 0.99), joinP50Ms: percentile(joins, 0.5), joinP99Ms: percentile(joins, 0.99),
  }));
  const ofRounds = (figure: keyof (typeof warm)[number]) => warm.map((round) => rounded(round[figure], 1));
  const median = (figure: keyof (typeof warm)[number]) => percentile(ofRounds(figure), 0.5);
  const line = {
    bench: 'join', store, agents, rounds, registrationP50Ms: median('registrationP50Ms'), registrationP99Ms: median('registrationP99Ms'), joinP50Ms: median('joinP50Ms'), joinP99Ms: median('joinP99Ms'),
    registrationP99MsByRound: ofRounds('registrationP99Ms'), joinP99MsByRound: ofRounds('joinP99Ms'),
    cold: { registrationP99Ms: rounded(cold?.registrationP99Ms ?? 0, 1), joinP99Ms: rounded(cold?.joinP99Ms ?? 0, 1) }, limits,
  };
  return { ...line, holds: line.registrationP99Ms < limits.registrationP99Ms && line.joinP99Ms < limits.joinP99Ms };
}

function firstView(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = worker.watch('mafia', null, () => { queueMicrotask(() => stop()); resolve(); }, (refusal) => reject(new Error(refusal.message)));
  });
}
