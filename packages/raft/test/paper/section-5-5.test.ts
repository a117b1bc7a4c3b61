import { expect, test } from '@jest/globals';
import { append, DrivenNode } from '../harness/driven-node.ts';
import { logOf } from '../harness/fixtures.ts';
import { applied, candidate, Group, restarted, votes, voteRequest } from './support.ts';

test('§5.5 ¶1: a crashed follower and a crashed candidate come back alike: as followers with what their disks hold', () => {
  const follower = new DrivenNode('a');
  follower.receive('b', append(1, [0, 0], logOf(1, 1)));
  expect(restarted(follower).status).toMatchObject({ role: 'follower', term: 1, lastIndex: 2, commitIndex: 0 });
  expect(restarted(candidate('a', { entries: logOf(1) }), { entries: logOf(1) }).status).toMatchObject({ role: 'follower', term: 2, lastIndex: 1 });
});

test('§5.5 ¶1: requests to a crashed server are tried again for ever, and succeed when it is back', () => {
  const group = new Group({ a: {}, b: {}, c: {} });
  group.elect('a').cut('c').propose('a', 'x');
  for (let beat = 0; beat < 300; beat++) {
    const before = group.node('a').sends('appendRequest', 'c').length;
    group.beat('a');
    expect(group.node('a').sends('appendRequest', 'c').length).toBeGreaterThan(before);
  }
  group.add('c', { voters: ['a', 'b', 'c'], entries: group.log('c'), term: group.node('c').status.term });
  group.heal().beat('a').beat('a');
  expect(group.node('c').status).toMatchObject({ lastIndex: 2, commitIndex: 2 });
});

test('§5.5 ¶1: one that crashed after it did as asked, but before it answered, gets the same request again and gives the same answer', () => {
  const request = append(1, [0, 0], logOf(1, 1), 1);
  const node = new DrivenNode('a');
  node.receive('b', request);
  const again = restarted(node);
  again.receive('b', request);
  expect(again.lastSent('appendAccepted').matchIndex).toBe(2);
  expect(again.status).toMatchObject({ lastIndex: 2, commitIndex: 1 });
  const voter = new DrivenNode('a');
  expect(votes(voter, 'b', voteRequest(1))).toBe(true);
  expect(votes(restarted(voter), 'b', voteRequest(1))).toBe(true);
});

test('§5.5 ¶1: every request may come twice without harm', () => {
  const node = new DrivenNode('a', { entries: logOf(1, 1) });
  for (const message of [append(3, [1, 1], logOf(1, 3).slice(1), 2), voteRequest(3, 2, 1), append(3, [2, 3])]) {
    node.receive('b', message);
    const before = node.status;
    node.forget().receive('b', message);
    expect(node.status).toEqual(before);
    expect(node.all('write')).toEqual([]);
    expect(applied(node)).toEqual([]);
  }
});

test('§5.5 ¶1: entries that the log already holds are passed over when they come again', () => {
  const node = new DrivenNode('a', { entries: logOf(1, 1, 1) });
  node.receive('b', append(1, [0, 0], logOf(1, 1)));
  expect(node.all('write')).toEqual([]);
  expect(node.status.lastIndex).toBe(3);
  node.receive('b', append(1, [1, 1], logOf(1, 1, 1, 1).slice(1)));
  expect(node.all('write').at(-1)?.entries.map(({ index }) => index)).toEqual([4]);
});
