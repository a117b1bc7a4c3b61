import { describe, expect, test } from '@jest/globals';
import { append, DrivenNode } from './harness/driven-node.ts';
import { changeTo, configurationOf, jointOf, learnerOf, noop, snapshotAt } from './harness/fixtures.ts';

const withLearner = (promotable: boolean) => ({ ...configurationOf('a', 'b', 'c'), learners: [learnerOf('d', promotable)] });

describe('learners', () => {
  test('receive everything and count for nothing', () => {
    const node = new DrivenNode('a', { snapshot: snapshotAt(0, 0, withLearner(false)) });
    node.timeout();
    expect(node.sends('preVoteRequest').map(({ to }) => to)).toEqual(['b', 'c']);
    node.grantPreVotes('d');
    expect(node.status.role).toBe('preCandidate');
    node.grantPreVotes('b');
    node.write();
    node.receive('d', { type: 'voteResponse', term: 1, granted: true });
    expect(node.status.role).toBe('candidate');
    node.receive('b', { type: 'voteResponse', term: 1, granted: true });
    node.replicate('d');
    expect(node.sends('appendRequest').map(({ to }) => to)).toEqual(expect.arrayContaining(['b', 'c', 'd']));
    expect(node.status).toMatchObject({ role: 'leader', commitIndex: 0 });
    // Nor does it keep a leader that hears no other voter.
    for (let beats = 0; beats < 14; beats++) {
      node.timeout();
      node.accept('d', 1);
    }
    expect(node.status).toMatchObject({ role: 'preCandidate', leader: null });
  });

  test('14. one asked to vote votes: it may be a voter by now and not know it', () => {
    const node = new DrivenNode('d', { snapshot: snapshotAt(0, 0, withLearner(false)) });
    node.receive('b', { type: 'preVoteRequest', term: 1, round: 1, lastIndex: 0, lastTerm: 0 });
    node.receive('b', { type: 'voteRequest', term: 1, lastIndex: 0, lastTerm: 0, transfer: false });
    expect(node.lastSent('preVoteResponse').granted).toBe(true);
    expect(node.lastSent('voteResponse').granted).toBe(true);
    expect(node.all('write')).toMatchObject([{ hardState: { term: 1, votedFor: 'b' } }]);
  });

  test('never campaign, until a configuration in which they vote is appended', () => {
    const node = new DrivenNode('d', { snapshot: snapshotAt(0, 0, withLearner(true)) });
    for (let timeouts = 0; timeouts < 5; timeouts++) node.timeout();
    expect(node.all('send')).toEqual([]);
    node.receive('a', append(1, [0, 0], [noop(1, 1), changeTo(2, 1, jointOf(['a', 'b', 'c', 'd'], ['a', 'b', 'c']))]));
    node.wait(700);
    node.timeout();
    expect(node.sends('preVoteRequest').map(({ to }) => to)).toEqual(['a', 'b', 'c']);
  });
});

describe('promotion', () => {
  test('makes a voter of a learner that may be and has caught up, through a joint configuration', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.change(['a', 'b', 'c'], [learnerOf('d', true), learnerOf('e'), learnerOf('f', true)]);
    node.replicate('b').forget();
    node.accept('e', 2);
    expect(node.status.configurationIndex).toBe(2);
    node.accept('d', 2);
    expect(node.status).toMatchObject({
      configurationIndex: 3, configuration: { ...jointOf(['a', 'b', 'c', 'd'], ['a', 'b', 'c']), learners: [learnerOf('e'), learnerOf('f', true)] },
    });
    node.replicate('b', 'c').replicate('b', 'c');
    expect(node.status).toMatchObject({ configurationIndex: 4, configuration: { ...configurationOf('a', 'b', 'c', 'd'), learners: [learnerOf('e'), learnerOf('f', true)] }, commitIndex: 4 });
    // Nobody asked, so nobody is answered.
    expect(node.all('changeDone')).toEqual([]);
  });

  test('waits until a change under way is done, and refuses one meanwhile', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.change(['a', 'b', 'c'], [learnerOf('d', true)]);
    node.write();
    node.accept('d', 2);
    expect(node.status.configurationIndex).toBe(2);
    node.accept('b', 2);
    expect(node.status.configurationIndex).toBe(3);
    node.forget().change(['a', 'b', 'c']);
    expect(node.all('changeRefused')).toMatchObject([{ reason: { code: 'changeInProgress', index: 3 } }]);
  });

  test('is done by whoever leads, once something of its own term is committed', () => {
    const node = new DrivenNode('b', { entries: [changeTo(1, 1, withLearner(true))] }).elect('a');
    node.write();
    node.accept('d', 2);
    expect(node.status.configurationIndex).toBe(1);
    node.accept('a', 2);
    expect(node.status).toMatchObject({ configurationIndex: 3, configuration: jointOf(['a', 'b', 'c', 'd'], ['a', 'b', 'c']) });
  });

  test('stops where there is no room for another voter', () => {
    const voters = Array.from({ length: 14 }, (_, at) => (at === 0 ? 'a' : `v${at}`));
    const node = new DrivenNode('a', { snapshot: snapshotAt(0, 0, { ...configurationOf(...voters), learners: [learnerOf('y', true), learnerOf('z', true)] }) });
    const majority = voters.slice(1, 8);
    node.elect(...majority).write();
    node.accept('y', 1);
    node.accept('z', 1);
    for (const voter of majority) node.accept(voter, 1);
    expect(node.status.configuration).toMatchObject({ ...jointOf([...voters, 'y'], voters), learners: [learnerOf('z', true)] });
    node.replicate(...majority, 'y').replicate(...majority, 'y');
    expect(node.status).toMatchObject({ commitIndex: 3, configurationIndex: 3 });
  });

  test('40. comes to a learner that only a snapshot has brought up to date, in an idle group too', () => {
    const node = new DrivenNode('a', { options: { snapshotChunkBytesMax: 4 } }).lead('b', 'c');
    node.propose('v', 'w');
    node.replicate('b', 'c').give({ type: 'applied', index: 3 });
    node.give({ type: 'snapshotTaken', snapshot: snapshotAt(3, 1, configurationOf('a', 'b', 'c'), 4), keepEntries: 0 });
    node.change(['a', 'b', 'c'], [learnerOf('d', true)]);
    node.replicate('b', 'c').give({ type: 'applied', index: 4 });
    const configuration = node.status.configuration;
    node.give({ type: 'snapshotTaken', snapshot: snapshotAt(4, 1, configuration, 4), keepEntries: 0 });
    node.accept('d', 0);
    const read = node.all('readSnapshotChunk').at(-1);
    if (read === undefined) throw new Error('no snapshot was read');
    node.give({ type: 'snapshotChunkRead', to: read.to, snapshot: read.snapshot, offsetBytes: 0, data: new Uint8Array(4) });
    node.receive('d', { type: 'snapshotChunkResponse', term: 1, lastIndex: 4, nextOffsetBytes: 4, installed: true });
    node.accept('d', 4);
    expect(node.status.configuration).toEqual(jointOf(['a', 'b', 'c', 'd'], ['a', 'b', 'c']));
  });
});
