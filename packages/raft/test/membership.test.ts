import { describe, expect, test } from '@jest/globals';
import type { ChangeRefusal, Entry } from '@raft-mesh/raft';
import { append, DrivenNode } from './harness/driven-node.ts';
import { changeTo, command, configurationOf, id, jointOf, learnerOf, logOf, memberOf, noop, snapshotAt } from './harness/fixtures.ts';

/** Leads [a, b, c] in term 1 with learner d, which has everything. The configuration stands at index 2. */
function leaderWithLearner(): DrivenNode {
  const node = new DrivenNode('a').lead('b', 'c');
  node.change(['a', 'b', 'c'], [learnerOf('d')]);
  return node.replicate('b', 'd').forget();
}

const refusals = (node: DrivenNode): readonly ChangeRefusal[] => node.all('changeRefused').map(({ reason }) => reason);
const appended = (node: DrivenNode): readonly Entry[] => node.all('write').flatMap(({ entries }) => entries);
const voterIds = (node: DrivenNode): readonly string[] => node.status.configuration.voters.map((voter) => voter.id);

describe('a change of voters', () => {
  test('goes through a joint configuration, left by the leader when it is committed, and is done when that is', () => {
    const node = leaderWithLearner();
    node.change(['a', 'b', 'd']);
    expect(appended(node)).toMatchObject([{ kind: 'configuration', index: 3, configuration: jointOf(['a', 'b', 'd'], ['a', 'b', 'c']) }]);
    expect(node.all('configurationAdopted')).toEqual([{ type: 'configurationAdopted', index: 3, configuration: node.status.configuration }]);
    expect(node.sends('appendRequest').map(({ to }) => to).sort()).toEqual(['b', 'c', 'd']);
    node.forget().replicate('b');
    expect(appended(node)).toMatchObject([{ kind: 'configuration', index: 4, configuration: configurationOf('a', 'b', 'd') }]);
    expect(node.all('changeDone')).toEqual([]);
    node.replicate('b');
    expect(node.all('changeDone')).toEqual([{ type: 'changeDone', changeId: 1, index: 4 }]);
    expect(node.status).toMatchObject({ configurationIndex: 4, configuration: configurationOf('a', 'b', 'd') });
  });

  test('commits, in the joint configuration, only with both majorities', () => {
    const node = leaderWithLearner();
    node.give({ type: 'changeConfiguration', changeId: 1, basedOn: 2, voters: ['d'].map(memberOf), learners: [] });
    node.write();
    node.accept('b', 3);
    expect(node.status.commitIndex).toBe(2);
    node.accept('d', 3);
    expect(node.status.commitIndex).toBe(3);
  });

  test('of learners or addresses alone needs one entry', () => {
    const node = leaderWithLearner();
    node.give({ type: 'changeConfiguration', changeId: 7, basedOn: 2, voters: [memberOf('c'), { id: id('a'), address: 'ws://moved' }, memberOf('b')], learners: [learnerOf('e', true)] });
    expect(node.status.configuration).toEqual({ voters: [memberOf('c'), { id: 'a', address: 'ws://moved' }, memberOf('b')], votersOutgoing: [], learners: [learnerOf('e', true)] });
    node.replicate('b');
    expect(node.all('changeDone')).toEqual([{ type: 'changeDone', changeId: 7, index: 3 }]);
  });

  test('can make a learner of a voter', () => {
    const node = leaderWithLearner();
    node.change(['a', 'b', 'd'], [learnerOf('c')]);
    node.replicate('b').replicate('b');
    expect(node.status.configuration).toEqual({ ...configurationOf('a', 'b', 'd'), learners: [learnerOf('c')] });
    // It is a member still, and goes on receiving.
    node.forget().propose('x');
    expect(node.sends('appendRequest', 'c')).toHaveLength(1);
  });

  test('to what is in force is done at once, whatever it was based on', () => {
    const node = leaderWithLearner();
    node.change(['c', 'b', 'a'], [learnerOf('d')], { basedOn: 0 });
    expect(node.effects).toEqual([{ type: 'changeDone', changeId: 1, index: 2 }]);
  });

  test('is told that leadership was lost, or the node stopped, when it cannot be known how it ends', () => {
    const deposed = leaderWithLearner();
    deposed.change(['a', 'b', 'd']);
    deposed.receive('c', append(5, [2, 1]));
    expect(refusals(deposed)).toEqual([{ code: 'leadershipLost' }]);
    const stopped = leaderWithLearner();
    stopped.change(['a', 'b', 'd']);
    stopped.give({ type: 'writeFailed', writeId: 3, reason: 'disk full' });
    expect(refusals(stopped)).toEqual([{ code: 'stopped' }]);
    stopped.forget().change(['a']);
    expect(refusals(stopped)).toEqual([{ code: 'stopped' }]);
  });

  test('lets the next change begin, and a read that only the departed was to confirm is answered', () => {
    const node = new DrivenNode('a', { voters: ['a', 'b'] }).lead('b');
    node.change(['a']);
    node.write();
    node.give({ type: 'read', readId: 9 });
    node.accept('b', 2);
    node.give({ type: 'applied', index: 2 });
    node.write();
    expect(node.all('readReady')).toMatchObject([{ readId: 9 }]);
    node.change(['a'], [learnerOf('c')], { changeId: 2 });
    node.write();
    expect(node.all('changeDone').map(({ changeId }) => changeId)).toEqual([1, 2]);
  });
});

describe('a change is refused, and nothing appended,', () => {
  const expectRefused = (node: DrivenNode, reason: ChangeRefusal): void => {
    expect(refusals(node)).toEqual([reason]);
    expect(node.all('write')).toEqual([]);
  };

  test('by a node that does not lead', () => {
    const node = new DrivenNode('a');
    node.receive('b', append(1, [0, 0]));
    node.forget().change(['a']);
    expectRefused(node, { code: 'notLeader', leader: id('b') });
  });

  test('42. by a leader that has committed nothing in its term: what it holds may not be what the others agreed on', () => {
    const node = new DrivenNode('a', { entries: [noop(1, 1)] }).elect('b');
    node.forget().change(['a', 'b']);
    expectRefused(node, { code: 'notReady' });
    node.replicate('b').forget().change(['a', 'b']);
    expect(refusals(node)).toEqual([]);
  });

  test('while another is under way, joint or not yet committed', () => {
    const node = leaderWithLearner();
    node.change(['a', 'b', 'd']);
    node.forget().change(['a', 'b', 'c'], [], { changeId: 2 });
    expectRefused(node, { code: 'changeInProgress', index: 3 });
    // The final configuration is appended now, and not committed.
    node.replicate('b').forget().change(['a', 'b', 'd'], [], { changeId: 2 });
    expectRefused(node, { code: 'changeInProgress', index: 4 });
  });

  test('when another configuration came into force since', () => {
    const node = leaderWithLearner();
    node.change(['a', 'b'], [], { basedOn: 0 });
    expectRefused(node, { code: 'configurationChanged', index: 2 });
  });

  test('when it names nobody, somebody twice, or too many', () => {
    const node = leaderWithLearner();
    node.change([]);
    node.change(['a', 'b', 'b']);
    node.change(Array.from({ length: 16 }, (_, at) => `m${at}`));
    expect(refusals(node)).toEqual([{ code: 'noVoters' }, { code: 'duplicateMember', id: 'b' }, { code: 'tooManyMembers', limit: 15 }]);
    expect(node.all('write')).toEqual([]);
  });

  test('when the backlog is full', () => {
    const node = new DrivenNode('a', { options: { uncommittedBytesMax: 400 } }).lead('b', 'c');
    node.propose('x'.repeat(200));
    node.forget().change(['a', 'b']);
    expectRefused(node, { code: 'backlogFull', limitBytes: 400 });
  });

  test('46. when a voter to be is no learner, was never heard, is behind, or has fallen silent', () => {
    const stranger = new DrivenNode('a', { voters: ['a'] }).lead();
    stranger.change(['a', 'b']);
    expectRefused(stranger, { code: 'notCaughtUp', id: id('b'), behindEntries: null });

    const node = new DrivenNode('a', { voters: ['a'] }).lead();
    node.change(['a'], [learnerOf('b')]);
    node.write();
    node.forget().change(['a', 'b']);
    expectRefused(node, { code: 'notCaughtUp', id: id('b'), behindEntries: null });
    // It answers, with nothing that can be anchored.
    node.forget().receive('b', { type: 'appendRejected', term: 1, previousIndex: 1, hintIndex: 0, hintTerm: 0, readContext: 0 });
    node.forget().change(['a', 'b']);
    expectRefused(node, { code: 'notCaughtUp', id: id('b'), behindEntries: 2 });
    node.accept('b', 2);
    node.wait(601);
    node.forget().change(['a', 'b']);
    expectRefused(node, { code: 'notCaughtUp', id: id('b'), behindEntries: 0 });
    node.accept('b', 2);
    node.forget().change(['a', 'b']);
    expect(refusals(node)).toEqual([]);
  });

  test('46. when a voter to be has not been sent everything, or lacks more than a few thousand entries', () => {
    const far = new DrivenNode('a', { voters: ['a'], options: { inflightBytesMax: 64 * 1024 * 1024 } }).lead();
    far.change(['a'], [learnerOf('b')]);
    far.write();
    far.accept('b', 2);
    far.propose(...Array.from({ length: 4097 }, () => 'x'));
    far.write();
    far.forget().change(['a', 'b']);
    expectRefused(far, { code: 'notCaughtUp', id: id('b'), behindEntries: 4097 });
    far.accept('b', 3);
    far.forget().change(['a', 'b']);
    expect(refusals(far)).toEqual([]);

    const full = new DrivenNode('a', { voters: ['a'], options: { inflightMessagesMax: 1 } }).lead();
    full.change(['a'], [learnerOf('b')]);
    full.write();
    full.accept('b', 2);
    full.propose('x');
    full.propose('y');
    full.write();
    full.forget().change(['a', 'b']);
    expectRefused(full, { code: 'notCaughtUp', id: id('b'), behindEntries: 2 });
  });
});

describe('scenarios: membership', () => {
  test('43. a leader that is taken out replicates without counting itself, tells everybody, hands over and steps down', () => {
    const node = leaderWithLearner();
    node.change(['b', 'c', 'd']);
    node.replicate('b', 'c', 'd');
    expect(voterIds(node)).toEqual(['b', 'c', 'd']);
    node.forget().write();
    node.accept('b', 4);
    expect(node.status).toMatchObject({ role: 'leader', commitIndex: 3 });
    node.accept('d', 4);
    expect(node.all('changeDone')).toEqual([{ type: 'changeDone', changeId: 1, index: 4 }]);
    expect(node.lastSent('appendRequest', 'c').commitIndex).toBe(4);
    expect(node.sends('timeoutNow')).toMatchObject([{ to: 'b', message: { term: 1, lastIndex: 4, lastTerm: 1 } }]);
    expect(node.status).toMatchObject({ role: 'follower', leader: null });
    for (let timeouts = 0; timeouts < 5; timeouts++) node.timeout();
    expect(node.sends('preVoteRequest')).toEqual([]);
  });

  test('43. a leader made a learner steps down, and goes on as one', () => {
    const node = leaderWithLearner();
    node.change(['b', 'c', 'd'], [learnerOf('a')]);
    node.replicate('b', 'c', 'd').replicate('b', 'c', 'd');
    expect(node.status.role).toBe('follower');
    node.receive('b', append(2, [4, 1], [noop(5, 2)], 5));
    expect(node.status).toMatchObject({ leader: 'b', commitIndex: 5 });
  });

  test('43. who leaves is told: it gets the end of the change, and is dropped once it has it', () => {
    const node = leaderWithLearner();
    node.change(['a', 'b', 'd']);
    node.replicate('b', 'c').forget();
    expect(node.status.configuration).toEqual(configurationOf('a', 'b', 'd'));
    node.replicate('b');
    node.accept('c', 4);
    expect(node.lastSent('appendRequest', 'c').commitIndex).toBe(4);
    node.accept('c', 4);
    expect(node.status.peers.map((peer) => peer.id)).toEqual(['b', 'd']);
    node.forget().timeout();
    expect(node.sends('appendRequest', 'c')).toEqual([]);
  });

  test('43. who leaves and does not answer is given up after an election timeout', () => {
    const node = leaderWithLearner();
    node.change(['a', 'b', 'd']);
    node.replicate('b').replicate('b');
    for (let beats = 0; beats < 14; beats++) {
      node.timeout();
      node.accept('b', 4);
    }
    expect(node.status.peers.map((peer) => peer.id)).toEqual(['b', 'd']);
  });

  test('43. who left and knows it never campaigns; who left and does not know it is refused by those who hear a leader', () => {
    const told = new DrivenNode('c');
    told.receive('a', append(1, [0, 0], [changeTo(1, 1, configurationOf('a', 'b'))], 1));
    for (let timeouts = 0; timeouts < 5; timeouts++) told.timeout();
    expect(told.sends('preVoteRequest')).toEqual([]);
    const member = new DrivenNode('b');
    member.receive('a', append(1, [0, 0], [changeTo(1, 1, configurationOf('a', 'b'))], 1));
    member.receive('c', { type: 'preVoteRequest', term: 2, round: 1, lastIndex: 9, lastTerm: 1 });
    member.receive('c', { type: 'voteRequest', term: 9, lastIndex: 9, lastTerm: 1, transfer: false });
    expect(member.lastSent('preVoteResponse').granted).toBe(false);
    expect(member.lastSent('voteResponse').granted).toBe(false);
    expect(member.status).toMatchObject({ term: 1, leader: 'a' });
  });

  test('44. who was taken out by a configuration not yet committed, and alone holds it, is elected by the others, finishes the change and leaves', () => {
    // b, then leader, committed the joint configuration and appended the last one; a has only the joint one, and cannot win without b.
    const entries = [changeTo(1, 1, jointOf(['a'], ['a', 'b'])), changeTo(2, 1, configurationOf('a'))];
    const node = new DrivenNode('b', { voters: ['a', 'b'], entries });
    node.timeout();
    node.grantPreVotes('a');
    node.write();
    expect(node.status.role).toBe('candidate');
    node.receive('a', { type: 'voteResponse', term: 2, granted: true });
    expect(node.status.role).toBe('leader');
    node.forget().replicate('a');
    expect(node.status).toMatchObject({ role: 'follower', commitIndex: 3, configuration: configurationOf('a') });
    expect(node.sends('timeoutNow', 'a')).toHaveLength(1);
    // Now it knows.
    for (let timeouts = 0; timeouts < 5; timeouts++) node.timeout();
    expect(node.sends('preVoteRequest')).toEqual([]);
  });

  test('44. a new leader that finds a joint configuration needs both majorities to be elected, and leaves it', () => {
    const node = new DrivenNode('b', { voters: ['a', 'b', 'c'], entries: [changeTo(1, 1, jointOf(['b', 'd', 'e'], ['a', 'b', 'c']))] });
    expect(node.status).toMatchObject({ configurationIndex: 1 });
    node.timeout();
    expect(node.sends('preVoteRequest').map(({ to }) => to).sort()).toEqual(['a', 'c', 'd', 'e']);
    node.grantPreVotes('a');
    expect(node.status.role).toBe('preCandidate');
    node.grantPreVotes('d');
    node.write();
    node.receive('c', { type: 'voteResponse', term: 2, granted: true });
    expect(node.status.role).toBe('candidate');
    node.receive('e', { type: 'voteResponse', term: 2, granted: true });
    expect(node.status.role).toBe('leader');
    node.replicate('c');
    expect(node.status.commitIndex).toBe(0);
    node.accept('d', 2);
    expect(node.status).toMatchObject({ commitIndex: 2, configuration: configurationOf('b', 'd', 'e'), configurationIndex: 3 });
    node.replicate('d');
    expect(node.status.commitIndex).toBe(3);
    expect(node.all('changeDone')).toEqual([]);
  });

  test('44. a leader elected by the old voters alone, and itself taken out, still finishes the change', () => {
    const node = new DrivenNode('a', { voters: ['a'], entries: [changeTo(1, 1, jointOf(['d'], ['a']))] });
    node.timeout();
    node.grantPreVotes('d');
    node.write();
    node.receive('d', { type: 'voteResponse', term: 2, granted: true });
    node.replicate('d').replicate('d');
    expect(node.status).toMatchObject({ role: 'follower', commitIndex: 3, configuration: configurationOf('d') });
    expect(node.sends('timeoutNow', 'd')).toHaveLength(1);
  });

  test('45. a configuration that a new leader truncates gives way to the one before, with the vote of this node', () => {
    const node = new DrivenNode('c', { entries: logOf(1) });
    node.receive('a', append(1, [1, 1], [changeTo(2, 1, jointOf(['a', 'b'], ['a', 'b', 'c'])), changeTo(3, 1, configurationOf('a', 'b'))]));
    node.write();
    expect(voterIds(node)).toEqual(['a', 'b']);
    node.forget().receive('b', append(2, [1, 1], [noop(2, 2)]));
    expect(node.status).toMatchObject({ configurationIndex: 0, configuration: configurationOf('a', 'b', 'c') });
    expect(node.all('configurationAdopted')).toEqual([{ type: 'configurationAdopted', index: 0, configuration: configurationOf('a', 'b', 'c') }]);
    node.wait(700);
    node.timeout();
    node.grantPreVotes('a');
    expect(node.status.role).toBe('candidate');
  });

  test('45. a deposed leader drops the peers of its change, and leads again by the configuration before', () => {
    const node = leaderWithLearner();
    node.change(['a', 'b', 'd']);
    node.write();
    node.receive('b', append(2, [2, 1], [noop(3, 2)], 3));
    expect(node.status).toMatchObject({ configurationIndex: 2 });
    node.wait(700);
    node.elect('c');
    expect(node.status.peers.map((peer) => peer.id)).toEqual(['b', 'c', 'd']);
    node.replicate('c');
    expect(node.status.commitIndex).toBe(4);
  });

  test('45. after a restart the last configuration of the log is in force, and a truncation brings back that of the snapshot', () => {
    const node = new DrivenNode('a', {
      snapshot: snapshotAt(4, 1, configurationOf('a', 'b', 'c')), entries: [command(5, 1), changeTo(6, 1, jointOf(['b', 'c', 'd'], ['a', 'b', 'c'])), command(7, 1)],
    });
    expect(node.status).toMatchObject({ configurationIndex: 6, configuration: jointOf(['b', 'c', 'd'], ['a', 'b', 'c']) });
    expect(node.effects).toEqual([]);
    node.receive('b', append(2, [5, 1], [command(6, 2)]));
    expect(node.status).toMatchObject({ configurationIndex: 4, configuration: configurationOf('a', 'b', 'c') });
  });

  test('38. a snapshot brings its configuration and drops a newer one that was not committed', () => {
    const node = new DrivenNode('d', { voters: [], entries: [changeTo(1, 1, configurationOf('a', 'd'))] });
    const configuration = configurationOf('a', 'b', 'c');
    node.receive('b', { type: 'snapshotChunk', term: 2, snapshot: snapshotAt(3, 2, configuration, 1), offsetBytes: 0, data: new Uint8Array(1), done: true });
    node.forget().write();
    expect(node.status).toMatchObject({ configuration, configurationIndex: 3 });
    expect(node.all('configurationAdopted')).toEqual([{ type: 'configurationAdopted', index: 3, configuration }]);
  });

  test('38. a snapshot taken here must carry the configuration of its own end, not a later one', () => {
    const entries = [command(1, 1), changeTo(2, 1, configurationOf('a', 'b')), command(3, 1)];
    const take = (lastIndex: number, ...voters: readonly string[]): DrivenNode => {
      const node = new DrivenNode('a', { entries });
      node.receive('b', append(1, [3, 1], [], 3));
      node.give({ type: 'applied', index: 3 });
      node.give({ type: 'snapshotTaken', snapshot: snapshotAt(lastIndex, 1, configurationOf(...voters)), keepEntries: 0 });
      return node;
    };
    expect(take(1, 'a', 'b', 'c').status).toMatchObject({ stopped: false, firstIndex: 2, configurationIndex: 2 });
    expect(take(3, 'a', 'b').status).toMatchObject({ stopped: false, configurationIndex: 2 });
    expect(take(1, 'a', 'b').all('stopped')).toMatchObject([{ reason: expect.stringMatching(/another configuration/) }]);
  });

  test('47. an answer of an earlier incarnation counts for nothing, one of the incarnation that took its place does', () => {
    const node = new DrivenNode('a', { voters: ['a', 'b', 'c#1'] }).lead('b');
    node.change(['a', 'b', 'c#1'], [learnerOf('c#2')]);
    node.replicate('b', 'c#2');
    node.change(['a', 'b', 'c#2']);
    node.replicate('b', 'c#2').replicate('b', 'c#2');
    expect(voterIds(node)).toEqual(['a', 'b', 'c#2']);
    const { commitIndex } = node.status;
    node.propose('x');
    node.write();
    node.accept('c#1', commitIndex + 1);
    expect(node.status.commitIndex).toBe(commitIndex);
    node.accept('c#2', commitIndex + 1);
    expect(node.status.commitIndex).toBe(commitIndex + 1);
  });

  test('47. an answer of the same node given before it was taken out and in again counts only in the term it was given', () => {
    const node = leaderWithLearner();
    node.change(['a', 'b', 'c']);
    node.replicate('b', 'd').replicate('d');
    expect(node.status.peers.map((peer) => peer.id)).toEqual(['b', 'c']);
    node.change(['a', 'b', 'c'], [learnerOf('d')]);
    node.replicate('b').forget();
    node.receive('d', { type: 'appendAccepted', term: 0, matchIndex: 4, readContext: 0 });
    node.change(['a', 'b', 'd']);
    expect(refusals(node)).toMatchObject([{ code: 'notCaughtUp', id: 'd' }]);
  });

  test('34. a node that is a member of nothing it knows takes what a leader sends, votes, and never campaigns', () => {
    const node = new DrivenNode('d', { voters: [] });
    for (let timeouts = 0; timeouts < 5; timeouts++) node.timeout();
    expect(node.all('send')).toEqual([]);
    node.receive('b', { type: 'voteRequest', term: 1, lastIndex: 0, lastTerm: 0, transfer: false });
    expect(node.lastSent('voteResponse').granted).toBe(true);
    node.receive('b', append(1, [0, 0], [noop(1, 1), changeTo(2, 1, { ...configurationOf('a', 'b'), learners: [learnerOf('d')] })], 2));
    expect(node.status).toMatchObject({ commitIndex: 2, configurationIndex: 2 });
    node.receive('b', append(1, [2, 1], [changeTo(3, 1, jointOf(['a', 'b', 'd'], ['a', 'b']))]));
    node.wait(700);
    node.timeout();
    expect(node.sends('preVoteRequest').map(({ to }) => to)).toEqual(['a', 'b']);
  });
});
