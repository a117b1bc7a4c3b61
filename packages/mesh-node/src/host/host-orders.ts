import { existsSync } from 'node:fs';
import type { Log } from '@raft-mesh/mesh';
import type { HostId, control } from '@raft-mesh/protocol';
import type { ControlPlaneClient } from '../control-plane-client.ts';
import { createHostProof } from '../host-proof.ts';
import { makeManager } from '../init-manager.ts';
import { readManagerSettings } from '../manager-directory.ts';
import type { ManagerSettings } from '../manager-directory.ts';
import { failed, succeeded } from '../problem.ts';
import type { Problem, Result } from '../problem.ts';
import { ProblemError } from '../problem-error.ts';
import type { SigningKey } from '../signing-key.ts';
import { isDamage } from '../store-problem.ts';
import { keepDamagedDirectory, managerDirectoryOf, removeManagerDirectory } from './host-directory.ts';
import type { HostedManagers } from './hosted-managers.ts';

export interface HostOrdersOptions {
  readonly directory: string;
  readonly host: HostId;
  readonly key: SigningKey;
  readonly controlPlane: string;
  readonly client: ControlPlaneClient;
  readonly managers: HostedManagers;
  readonly log: Log;
}

/** `later`: the control plane, or the mesh, cannot be asked now; the order comes again. */
type Done = 'done' | 'later';

const admissionsAtOnce = 8;

/** Does what the control plane orders, each as often as it comes, with the same end. What became void meanwhile is done with. */
export class HostOrders {
  readonly #options: HostOrdersOptions;

  constructor(options: HostOrdersOptions) {
    this.#options = options;
  }

  async obey(order: control.HostOrder): Promise<Done> {
    const { log } = this.#options;
    const { order: what, mesh, manager, managerIncarnation } = order;
    try {
      const result = what === 'place' ? await this.#place(order) : await this.#remove(order);
      if (result.ok) return 'done';
      if (mayBeAskedAgain(result.problem)) {
        log.warn({ mesh, manager, code: result.problem.code, detail: result.problem.detail }, 'an order cannot be done now: it is tried again');
        return 'later';
      }
      log.warn({ event: 'orderVoid', order: what, mesh, manager, managerIncarnation, code: result.problem.code }, 'an order is void');
      return 'done';
    } catch (error) {
      // A disk that is full, or a bug: whatever it is, the others must not wait for it, and it comes again.
      log.error({ order: what, mesh, manager, error: error instanceof Error ? error.message : String(error) }, 'an order failed');
      return 'later';
    }
  }

  async #place(order: control.HostOrder): Promise<Result<null>> {
    const { directory, controlPlane, client, host, managers } = this.#options;
    const { mesh, manager } = order;
    const own = managerDirectoryOf(directory, mesh, manager);
    await this.#clearOlder(order, own);
    if (!existsSync(own)) {
      try {
        const made = await makeManager({ directory: own, controlPlane, manager, client, enrol: async (publicKey) => client.enrolPlacedManager(host, await this.#proof(), mesh, manager, publicKey) });
        if (made.incarnation < order.incarnation || made.managerIncarnation < order.managerIncarnation) return failed(409, 'orderVoid', 'The manager is another by now.', 'Nothing needs to be done.');
      } catch (error) {
        if (error instanceof ProblemError) return { ok: false, problem: error.problem };
        throw error;
      }
    }
    if (managers.find(mesh, manager) !== null) return succeeded(null);
    try {
      await managers.start(own);
    } catch (error) {
      // It is placed anew, by another order.
      if (!isDamage(error)) throw error;
      this.#options.log.error({ mesh, manager, error: String(error) }, 'a manager cannot run any more');
    }
    return succeeded(null);
  }

  /** Has meshes take in the managers here that came to them later. A mesh that cannot be asked now is asked again, and holds up nobody else. */
  async admitNewcomers(): Promise<void> {
    const { client, host, managers, log } = this.#options;
    await Promise.all([...managers.newcomers].slice(0, admissionsAtOnce).map(async (hosted) => {
      // Those that wait come last in the next round.
      managers.newcomers.delete(hosted);
      if (hosted.stoppedReason !== null || hosted.isIn) return;
      managers.newcomers.add(hosted);
      const { mesh, manager, managerIncarnation } = hosted.identity;
      const admitted = await client.admitPlacedManager(host, await this.#proof(), mesh, manager, managerIncarnation);
      if (admitted.ok || !mayBeAskedAgain(admitted.problem)) managers.newcomers.delete(hosted);
      if (!admitted.ok) log.warn({ mesh, manager, code: admitted.problem.code, detail: admitted.problem.detail }, 'a mesh has not taken in its new manager');
    }));
  }

  /** Has managers whose store is damaged placed anew, here or on another host: the others of their meshes give them all that was acknowledged. */
  async replaceDamaged(): Promise<void> {
    const { client, host, managers, log } = this.#options;
    await Promise.all(managers.unreported.slice(0, admissionsAtOnce).map(async ({ mesh, manager, managerIncarnation }) => {
      const replaced = await client.replaceLostManager(host, await this.#proof(), mesh, manager, managerIncarnation);
      if (replaced.ok || !mayBeAskedAgain(replaced.problem)) managers.reported(mesh, manager);
      if (replaced.ok) log.info({ event: 'managerReplaced', mesh, manager, managerIncarnation }, 'a manager whose disk is damaged is placed anew');
      else log.warn({ mesh, manager, code: replaced.problem.code, detail: replaced.problem.detail }, 'a manager whose disk is damaged is not placed anew');
    }));
  }

  /** What is left here of an earlier life of the mesh, or of the manager, or of another mesh of the same name. */
  async #clearOlder({ mesh, manager, incarnation, publicKey, managerIncarnation }: control.HostOrder, own: string): Promise<void> {
    if (!existsSync(own)) return;
    const found = await identityAt(own);
    const isOlder = found === null || found.identity.incarnation < incarnation || (found.identity.incarnation === incarnation && found.identity.managerIncarnation < managerIncarnation);
    if (found?.meshPublicKey !== publicKey || isOlder) await this.#delete(mesh, manager, own);
  }

  async #remove({ mesh, manager, incarnation, publicKey, managerIncarnation }: control.HostOrder): Promise<Result<null>> {
    const own = managerDirectoryOf(this.#options.directory, mesh, manager);
    if (!existsSync(own)) return succeeded(null);
    const found = await identityAt(own);
    const isLater = found !== null && (found.identity.incarnation > incarnation || (found.identity.incarnation === incarnation && found.identity.managerIncarnation > managerIncarnation));
    if (found === null || (found.meshPublicKey === publicKey && !isLater)) await this.#delete(mesh, manager, own);
    return succeeded(null);
  }

  async #delete(mesh: string, manager: string, own: string): Promise<void> {
    const { managers, directory, log } = this.#options;
    const hosted = managers.find(mesh, manager);
    if (hosted !== null) await managers.stop(hosted);
    const isDamaged = managers.isDamaged(mesh, manager);
    const kept = isDamaged ? await keepDamagedDirectory(directory, own) : null;
    if (!isDamaged) await removeManagerDirectory(directory, own);
    managers.noMoreDamaged(mesh, manager);
    log.info({ event: 'managerRemoved', mesh, manager, ...(kept === null ? {} : { kept }) }, kept === null ? 'a manager was removed from this host' : 'a manager was removed from this host; what was damaged is kept aside');
  }

  #proof(): Promise<string> {
    return createHostProof(this.#options.host, this.#options.key);
  }
}

/** `null` for one that its mesh has taken out: it holds nothing that anybody needs. */
async function identityAt(own: string): Promise<ManagerSettings | null> {
  try {
    return await readManagerSettings(own);
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'managerDeparted') return null;
    throw error;
  }
}

function mayBeAskedAgain({ status, code }: Problem): boolean {
  return status >= 500 || status === 429 || code === 'changedMeanwhile';
}
