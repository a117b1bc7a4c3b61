import { ConnectError, connectWorker, createOperatorClient, meshStatus, succeeded } from '@raft-mesh/mesh-node';
import type { Result, Worker } from '@raft-mesh/mesh-node';
import type { AgentSummary, ManagerDescription, MeshStatus } from '@raft-mesh/protocol';
import { Draw } from './draw.ts';
import type { MeshRecord } from './mesh-record.ts';
import { problems } from './problems.ts';
import { issueJoinToken, issueOperateToken } from './tokens.ts';

/** As whom the control plane comes into a mesh to do what only members may. */
const ownAgent = 'control-plane' as AgentSummary['id'];
const statusTimeoutMs = 2_000;
const connectTimeoutMs = 5_000;
const commandValidForMs = 5_000;
/** Whoever leads may have to hand over first. */
const putOutTimeoutMs = 8_000;

/** What the control plane asks of a mesh that runs. The mesh knows who is in it; nothing of that is kept here. */
export class MeshAgents {
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Managers that do not answer are listed as unreachable. */
  async status(record: MeshRecord): Promise<Result<MeshStatus>> {
    const token = await issueOperateToken(record, { accessRole: 'spectator', expiresInSeconds: 60 }, this.#nowMs(), Draw.random());
    if (!token.ok) return token;
    const { mesh, managers } = record.description;
    return succeeded(await meshStatus({ mesh, managers, token: token.value.token, timeoutMs: statusTimeoutMs }));
  }

  /** Has the mesh go on without this manager; one that is out already is fine. */
  async putOut(record: MeshRecord, { id, managerIncarnation }: Pick<ManagerDescription, 'id' | 'managerIncarnation'>): Promise<Result<null>> {
    const token = await issueOperateToken(record, { accessRole: 'admin', expiresInSeconds: 60 }, this.#nowMs(), Draw.random());
    if (!token.ok) return token;
    const { mesh, managers } = record.description;
    const operator = createOperatorClient({ mesh, managerUrls: managers.map(({ url }) => url), token: token.value.token, timeoutMs: putOutTimeoutMs });
    const changed = await operator.changeMembership({ change: 'remove', id, managerIncarnation });
    return changed.ok ? succeeded(null) : problems.meshUnreachable(changed.problem.detail);
  }

  async agents(record: MeshRecord): Promise<Result<readonly AgentSummary[]>> {
    const status = await this.status(record);
    if (!status.ok) return status;
    if (status.value.managers.every(({ role }) => role === 'unreachable')) return problems.meshUnreachable('None of its managers answers.');
    return succeeded(status.value.agents.filter(({ id }) => id !== ownAgent).toSorted((a, b) => (a.id < b.id ? -1 : 1)));
  }

  /** Shuts an agent out for good, by a command in the mesh itself, so that it holds without the control plane. Doing it again is fine. */
  async terminate(record: MeshRecord, agent: string): Promise<Result<null>> {
    if (agent === ownAgent || !/^[A-Za-z0-9_-]{1,64}$/.test(agent)) return problems.agentNotFound(agent);
    // Without this, a mesh that is down would be dialled until the time is up.
    const reached = await this.agents(record);
    if (!reached.ok) return reached;
    const token = await issueJoinToken(record, { agent: ownAgent, accessRole: 'admin', permissions: [], expiresInSeconds: 60 }, this.#nowMs(), Draw.random());
    if (!token.ok) return token;
    let worker: Worker;
    try {
      worker = await connectWorker({ transport: 'websocket', join: { mesh: record.description, token: token.value.token, name: 'control plane' }, timeoutMs: connectTimeoutMs });
    } catch (error) {
      if (error instanceof ConnectError) return problems.meshUnreachable(error.error.message);
      throw error;
    }
    try {
      const result = await worker.send('members', 'revoke', { agent }, { validForMs: commandValidForMs });
      if (result.status === 'committed') return succeeded(null);
      if (result.status === 'refused') return result.refusal.code === 'notAMember' ? problems.agentNotFound(agent) : problems.meshUnreachable(result.refusal.message);
      // A worker takes a refusal of the code `notAMember` for its own end, whomever it is about; the session of this one has just begun.
      if (result.status === 'unknown' && result.reason === 'sessionExpired') return problems.agentNotFound(agent);
      return problems.meshUnreachable('Whether it was done is not known; it may be asked for again.');
    } finally {
      await worker.close();
    }
  }
}
