import type { SessionId } from '@raft-mesh/state-machine';
import type { WorkerIdentity, WorkerRecord, WorkerStore } from '../ports/worker-store.ts';
import { ConnectError } from './connect-error.ts';
import type { ConnectOptions } from './connect-options.ts';
import { MeshWorker } from './mesh-worker.ts';
import { newResumeSecret } from './resume-secret.ts';
import type { Worker } from './worker.ts';

/**
 * Connects, as a new agent or as the one in the store. Resolves once a manager has said welcome; rejects with a `ConnectError` when the
 * credentials are refused, or the time given is over. Closes the store when it rejects.
 */
export async function connect(options: ConnectOptions): Promise<Worker> {
  const record = await openRecord(options).catch(async (error: unknown) => {
    await options.store.close();
    throw error;
  });
  const worker = new MeshWorker(record, options);
  if (options.onState !== undefined) worker.onState(options.onState);
  worker.start();
  const { timeoutMs, clock } = options;
  const cancel = timeoutMs === undefined ? () => {} : clock.setTimer(timeoutMs, () => { void worker.close(); });
  try {
    await worker.welcomed;
  } catch (error) {
    const isOver = worker.state.phase === 'ended' && worker.state.error === null;
    throw isOver ? new ConnectError({ code: 'noLeader', message: `No manager welcomed this worker within ${timeoutMs} ms.`, next: 'Check that the managers run and can be reached, then connect again.' }) : error;
  } finally {
    cancel();
  }
  return worker;
}

/** What the store holds, or a new identity made from the join options and durable before anyone hears of it. */
async function openRecord({ store, random, join }: ConnectOptions): Promise<WorkerRecord> {
  const record = await store.load();
  if (record === null) {
    if (join === undefined) throw new ConnectError({ code: 'notAuthenticated', message: 'This worker’s store is new, so it needs a join token.', next: 'Ask for an invitation to the mesh, and pass `join`.' });
    return begin(store, {
      ...join.mesh, agent: null, name: join.name, resumeSecret: newResumeSecret(random), joinToken: join.token,
      session: random.identifier() as SessionId, sessionOpened: false, managers: join.managers,
    });
  }
  const { identity } = record;
  if (join === undefined) return record;
  if (join.mesh.mesh !== identity.mesh) {
    throw new ConnectError({ code: 'wrongMesh', message: `This worker’s store belongs to mesh ${identity.mesh}, not ${join.mesh.mesh}.`, next: 'Use another store for another mesh.' });
  }
  if (join.mesh.incarnation <= identity.incarnation) {
    const others = identity.managers.filter((stored) => !join.managers.some(({ id }) => id === stored.id));
    return { ...record, identity: { ...identity, joinToken: join.token, managers: [...join.managers, ...others] } };
  }
  // The mesh was restored from a snapshot. An agent that was in it may still be: the worker goes there when it starts.
  if (identity.agent !== null) return { ...record, identity: { ...identity, joinToken: join.token, managers: join.managers } };
  return begin(store, { ...identity, ...join.mesh, joinToken: join.token, session: random.identifier() as SessionId, sessionOpened: false, managers: join.managers });
}

async function begin(store: WorkerStore, identity: WorkerIdentity): Promise<WorkerRecord> {
  await store.saveIdentity(identity);
  return { identity, open: [], nextSequence: 1 };
}
