import { control } from '@raft-mesh/protocol';
import type { MeshId } from '@raft-mesh/protocol';
import type { Schema } from '@raft-mesh/state-machine';
import { requestJson } from './http-request.ts';
import { managerRouteUrl } from './mesh-status.ts';
import { failed } from './problem.ts';
import type { Problem, Result } from './problem.ts';

export interface OperatorClientOptions {
  readonly mesh: MeshId;
  /** Where managers are; the leader is found from any of them. */
  readonly managerUrls: readonly string[];
  /** An operate token of an admin. */
  readonly token: string;
  /** For each call with all that it takes to find the leader. Default 15,000. */
  readonly timeoutMs?: number;
}

export interface OperatorClient {
  changeMembership(change: control.ChangeMembership): Promise<Result<control.ChangedMembership>>;
  transferLeadership(to: control.TransferredLeadership['to'] | null): Promise<Result<control.TransferredLeadership>>;
}

const pauseMs = 100;
/** How long one manager may take: committing a change takes milliseconds, unless a majority is gone. */
const attemptTimeoutMs = 5_000;

/** Asks whoever leads to change the managers, through elections and hand-overs. What failed half-way can be asked for again: what is so already is answered as done. */
export function createOperatorClient(options: OperatorClientOptions): OperatorClient {
  const timeoutMs = options.timeoutMs ?? 15_000;

  async function ask<Answer>(route: 'membership' | 'leadership', json: object, answer: Schema<Answer>): Promise<Result<Answer>> {
    const endsAtMs = performance.now() + timeoutMs;
    let next: string | null = null;
    let last: Problem | null = null;
    for (let attempt = 0; attempt === 0 || performance.now() < endsAtMs; attempt += 1) {
      const base: string | undefined = next ?? options.managerUrls[attempt % Math.max(1, options.managerUrls.length)];
      if (base === undefined) break;
      const url: string = managerRouteUrl(base, options.mesh, route);
      const result: Result<Answer> = await requestJson({ url, method: 'POST', token: options.token, json, timeoutMs: Math.max(1, Math.ceil(Math.min(attemptTimeoutMs, endsAtMs - performance.now()))) }, answer);
      if (result.ok || !mayBeAskedAgain(result.problem)) return result;
      const hint: string | null = result.problem.leader?.url ?? null;
      // A hint is followed at once, but not round in circles.
      const follows = hint !== null && hint !== base;
      last = result.problem.code === 'unreachable' && last !== null ? last : result.problem;
      next = hint;
      if (!follows || attempt > options.managerUrls.length * 2) await new Promise((resolve) => { setTimeout(resolve, pauseMs); });
    }
    return gaveUp(last, timeoutMs);
  }

  return {
    changeMembership: (change) => ask('membership', change, control.changedMembership),
    transferLeadership: (to) => ask('leadership', to === null ? {} : { to }, control.transferredLeadership),
  };
}

function mayBeAskedAgain({ status, code }: Problem): boolean {
  return status === 503 || code === 'notLeader';
}

function gaveUp(last: Problem | null, timeoutMs: number): Result<never> {
  const waited = `within ${timeoutMs / 1000} s`;
  if (last === null || last.code === 'unreachable' || last.code === 'noLeader' || last.code === 'notLeader') {
    return failed(503, 'noLeader', `No manager that leads answered ${waited}.${last === null ? '' : ` ${last.detail}`}`, 'mesh status   (a majority of the managers must be up: mesh manager start)');
  }
  return failed(504, 'timedOut', `${last.detail} It did not end ${waited}; the change may still be made.`, 'mesh status');
}
