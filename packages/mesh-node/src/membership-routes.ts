import { Hono } from 'hono';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { RequestIdVariables } from 'hono/request-id';
import type { Authority, Log, Manager, MembershipChange, MembershipResult } from '@raft-mesh/mesh';
import { control, managerIncarnationOf, managerOf, nodeIdOf } from '@raft-mesh/protocol';
import type { ManagerId, ManagerIdentity } from '@raft-mesh/protocol';
import type { Configuration, Member, TransferRefusal } from '@raft-mesh/raft';
import type { Schema } from '@raft-mesh/state-machine';
import { failed, succeeded } from './problem.ts';
import type { Problem, Result } from './problem.ts';
import { bearerToken, problemResponse } from './problem-response.ts';

export interface MembershipRoutesOptions {
  readonly identity: ManagerIdentity;
  readonly authority: Authority;
  readonly manager: Pick<Manager, 'raftStatus' | 'changeMembership' | 'transferLeadership' | 'quorumAfter'>;
  readonly log: Log;
  /** `null` while the manager serves; otherwise why it stopped. */
  readonly stoppedReason: () => string | null;
}

const bodyBytesMax = 16 * 1024;
const membersMax = 7;

/**
 * What operators ask of a manager: who is in the mesh, and who leads it. For admins only. A manager that does not lead answers `notLeader` with the leader's
 * URL; what may be asked again in a moment is answered with 503.
 */
export function createMembershipRoutes(options: MembershipRoutesOptions): Hono<{ Variables: RequestIdVariables }> {
  const { identity, log, manager } = options;
  const routes = new Hono<{ Variables: RequestIdVariables }>();
  const limit = bodyLimit({ maxSize: bodyBytesMax, onError: (context) => problemResponse(context, failed(413, 'bodyTooLarge', `The body is larger than ${bodyBytesMax} bytes.`, 'Send less.').problem) });

  /** Who asks, and for what; or the answer that it gets instead. */
  async function asked<Body>(context: Context, schema: Schema<Body>): Promise<Result<{ readonly operator: string; readonly body: Body }>> {
    const token = bearerToken(context);
    if (token === null) return failed(401, 'notAuthenticated', 'No token came with the request.', 'Send an operate token: `Authorization: Bearer …`.');
    const verified = await options.authority.verifyOperateToken(token);
    if (!verified.ok) return failed(401, verified.error.code, verified.error.message, verified.error.next);
    if (verified.claims.accessRole !== 'admin') return failed(403, 'notAllowed', 'Only an admin may change who is in the mesh.', 'Ask the control plane for an operate token with the access role admin.');
    if (context.req.param('mesh') !== identity.mesh) return failed(404, 'wrongMesh', 'This manager does not serve that mesh.', 'Ask the control plane which managers do.');
    if (options.stoppedReason() !== null) return failed(503, 'managerStopped', 'This manager has stopped.', 'Ask another manager.');
    const body = await jsonBody(context, schema);
    return body.ok ? succeeded({ operator: verified.claims.sub, body: body.value }) : body;
  }

  routes.post('/api/v1/meshes/:mesh/membership', limit, async (context) => {
    const request = await asked(context, control.changeMembership);
    if (!request.ok) return problemResponse(context, request.problem);
    const { operator, body } = request.value;
    const result = await changeMembership(manager, body);
    const fields = { requestId: context.get('requestId'), operator, change: body.change, manager: body.id, managerIncarnation: body.managerIncarnation ?? null };
    if (result.ok) log.info({ event: 'membershipChanged', ...fields, index: result.value.index }, 'who is in the mesh was changed');
    else log.info({ event: 'membershipRefused', ...fields, code: result.problem.code }, 'a change of who is in the mesh was not made');
    return result.ok ? context.json(result.value) : problemResponse(context, result.problem);
  });

  routes.post('/api/v1/meshes/:mesh/leadership', limit, async (context) => {
    const request = await asked(context, control.transferLeadership);
    if (!request.ok) return problemResponse(context, request.problem);
    const { operator, body } = request.value;
    const result = await transferLeadership(manager, body.to ?? null);
    if (result.ok) log.info({ event: 'leadershipTransferred', requestId: context.get('requestId'), operator, ...result.value }, 'leadership was handed over');
    else log.info({ event: 'transferRefused', requestId: context.get('requestId'), operator, to: body.to ?? null, code: result.problem.code }, 'leadership was not handed over');
    return result.ok ? context.json(result.value) : problemResponse(context, result.problem);
  });

  return routes;
}

async function changeMembership(manager: MembershipRoutesOptions['manager'], body: control.ChangeMembership): Promise<Result<control.ChangedMembership>> {
  const { role, id: self, configuration } = manager.raftStatus();
  if (role !== 'leader') return notLeader(manager);
  const { voters, votersOutgoing, learners } = configuration;
  const present = [...voters, ...votersOutgoing, ...learners];
  let change: MembershipChange;
  if (body.change === 'join') {
    const member = { id: nodeIdOf(body.id, body.managerIncarnation), address: body.url };
    if (!present.some(({ id }) => managerOf(id) === body.id) && voters.length + learners.length >= membersMax) return failed(409, 'tooManyManagers', `A mesh has at most ${membersMax} managers.`, 'mesh manager remove <id>   (first)');
    change = { kind: 'join', member };
  } else {
    const node = present.find(({ id }) => managerOf(id) === body.id && (body.managerIncarnation === undefined || managerIncarnationOf(id) === body.managerIncarnation))?.id;
    if (node === undefined) return succeeded(membershipOf(manager.raftStatus().configurationIndex, configuration));
    change = { kind: 'remove', id: node };
  }
  const quorum = await manager.quorumAfter(change);
  if (quorum.voters.length === 0) return failed(409, 'noVoters', `${body.id} is the only voter: without it the mesh would end.`, 'mesh manager join   (another one, first)');
  // Who answers not at all is not needed for what a majority can do; but that majority must answer.
  if (!quorum.kept) {
    const silent = quorum.unreachable.map((node) => managerOf(node)).join(', ');
    return failed(409, 'quorumWouldBeLost', `Of the voters that would be left, ${quorum.voters.map((node) => managerOf(node)).join(', ')}, these do not answer: ${silent}. The mesh would stop.`, `mesh manager remove ${quorum.unreachable.map((node) => managerOf(node))[0] ?? '<id>'}   (or start it: mesh manager start)`);
  }
  // A leader that leaves hands over first, so that nobody waits for an election.
  if (change.kind === 'remove' && change.id === self && quorum.voters.length > 0) {
    const handed = await manager.transferLeadership(null);
    return handed.done ? notLeader(manager) : transferRefused(handed.reason, manager);
  }
  const result = await manager.changeMembership(change);
  return result.done ? succeeded(membershipOf(result.index, manager.raftStatus().configuration)) : changeRefused(result.reason, manager);
}

async function transferLeadership(manager: MembershipRoutesOptions['manager'], to: ManagerId | null): Promise<Result<control.TransferredLeadership>> {
  const { role, id: self, configuration } = manager.raftStatus();
  if (role !== 'leader') return notLeader(manager);
  const from = managerOf(self);
  if (to === from) return failed(409, 'leadsAlready', `${to} leads already.`, 'mesh manager transfer   (to whoever is best placed)');
  const node = to === null ? null : configuration.voters.find(({ id }) => managerOf(id) === to)?.id;
  if (node === undefined) return failed(404, 'notVoter', `${to ?? ''} is no voter of this mesh.`, 'mesh status   (lists them)');
  const startedMs = performance.now();
  const result = await manager.transferLeadership(node);
  return result.done ? succeeded({ from, to: managerOf(result.leader), tookMs: Math.round(performance.now() - startedMs) }) : transferRefused(result.reason, manager);
}

type Failure = Extract<Result<never>, { readonly ok: false }>;

const again = (code: string, detail: string): Failure => failed(503, code, detail, 'Ask again in a moment.');

function notLeader(manager: MembershipRoutesOptions['manager']): Failure {
  const { leader, configuration } = manager.raftStatus();
  const known = [...configuration.voters, ...configuration.votersOutgoing].find(({ id }) => id === leader);
  if (known === undefined) return again('noLeader', 'No leader is known here.');
  const problem: Problem = { ...failed(421, 'notLeader', `${managerOf(known.id)} leads this mesh.`, `Ask there: ${known.address}`).problem, leader: { id: managerOf(known.id), url: known.address } };
  return { ok: false, problem };
}

function changeRefused(reason: Extract<MembershipResult, { readonly done: false }>['reason'], manager: MembershipRoutesOptions['manager']): Failure {
  switch (reason.code) {
    case 'notLeader': case 'leadershipLost': return notLeader(manager);
    case 'notReady': return again('notReady', 'This leader has just been elected and is not ready for changes.');
    case 'changeInProgress': return again('changeInProgress', 'Another change of the managers is under way.');
    case 'configurationChanged': return again('configurationChanged', 'Somebody else has changed the managers at the same time.');
    case 'transferring': return again('transferring', 'Leadership is being handed over.');
    case 'backlogFull': return again('overloaded', 'The leader has more uncommitted commands than it takes.');
    case 'stopped': return again('managerStopped', 'This manager has stopped.');
    case 'noVoters': return failed(409, 'noVoters', 'No voter would be left.', 'mesh manager join   (another one, first)');
    case 'duplicateMember': return failed(409, 'duplicateMember', `${reason.id} would be in the mesh twice.`, 'mesh status');
    case 'tooManyMembers': return failed(409, 'tooManyManagers', `A mesh has at most ${reason.limit} managers.`, 'mesh manager remove <id>   (first)');
    case 'superseded': return failed(409, 'incarnationEnded', `${reason.by} is in the mesh: its earlier incarnations have ended.`, `mesh manager join ${managerOf(reason.by)}   (as a new incarnation)`);
    case 'notCaughtUp': return again('notCaughtUp', `${reason.id} has not caught up with the others yet.`);
    default: return reason satisfies never;
  }
}

function transferRefused(reason: TransferRefusal, manager: MembershipRoutesOptions['manager']): Failure {
  switch (reason.code) {
    case 'notLeader': case 'leadershipLost': return notLeader(manager);
    case 'transferring': return again('transferring', 'Leadership is being handed over already.');
    case 'changeInProgress': return again('changeInProgress', 'The managers are being changed.');
    case 'stopped': return again('managerStopped', 'This manager has stopped.');
    case 'notVoter': return failed(404, 'notVoter', `${managerOf(reason.id)} is no voter of this mesh.`, 'mesh status   (lists them)');
    case 'noCandidate': return failed(409, 'noCandidate', 'No other manager could take over: none answers, or all are behind.', 'mesh status   (who answers), then mesh manager join or mesh manager start');
    case 'unreachable': return failed(409, 'unreachable', `${managerOf(reason.id)} does not answer.`, 'mesh manager start   (on its machine)');
    case 'timedOut': return failed(504, 'timedOut', `${managerOf(reason.id)} did not take over in time; the old leader goes on.`, 'mesh status, then again: mesh manager transfer');
    case 'declined': return again('declined', `${managerOf(reason.id)} could not take over at this moment (${reason.reason}).`);
    default: return reason satisfies never;
  }
}

function membershipOf(index: number, { voters, learners }: Configuration): control.ChangedMembership {
  const shown = ({ id, address }: Member) => ({ id: managerOf(id), managerIncarnation: managerIncarnationOf(id), url: address });
  return { index, voters: voters.map(shown), learners: learners.map(shown) };
}

async function jsonBody<Body>(context: Context, schema: Schema<Body>): Promise<Result<Body>> {
  const invalid = (detail: string) => failed(422, 'bodyInvalid', `The body is not as it must be: ${detail}`, 'See the body\'s schema in the documentation of this route.');
  let value: unknown;
  try {
    value = JSON.parse(await context.req.text() || '{}');
  } catch {
    return invalid('it is no JSON.');
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? succeeded(parsed.data) : invalid(parsed.error.issues[0]?.message ?? 'wrong shape');
}
