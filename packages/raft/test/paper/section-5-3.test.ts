import { describe, expect, test } from '@jest/globals';
import type { DrivenNode as Node } from '../harness/driven-node.ts';
import { append, DrivenNode } from '../harness/driven-node.ts';
import { bytes, command, logOf } from '../harness/fixtures.ts';
import { applied, five, Group, logOnDisk, reject, termsOf } from './support.ts';

const group = (): Group => new Group({ a: {}, b: {}, c: {} });

/** Figure 7: the leader of term 8, and what its followers may hold. */
const leaderTerms = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
const divergences = {
  missing: [[1, 1, 1, 4, 4, 5, 5, 6, 6], [1, 1, 1, 4]],
  extra: [[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6], [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
  both: [[1, 1, 1, 4, 4, 4, 4], [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]],
};

/** A leader with Figure 7's log, and one follower that diverges from it. */
function figure7(terms: readonly number[]): Group {
  const pair = new Group({ a: { entries: logOf(...leaderTerms), term: 7 }, b: { entries: logOf(...leaderTerms), term: 7 }, c: { entries: logOf(...terms), term: 7 } });
  return pair.cut('c').elect('a').heal();
}

describe('§5.3, replication', () => {
  test('§5.3 ¶1: once elected, the leader serves clients', () => {
    const node = new DrivenNode('a').elect('b');
    node.propose('x');
    expect(node.all('proposalAccepted')).toMatchObject([{ term: 1, firstIndex: 2 }]);
  });

  test('§5.3 ¶1: a request holds a command, which every state machine is to execute', () => {
    const three = group().elect('a').propose('a', 'x');
    for (const name of ['a', 'b', 'c']) expect(three.applied(name).at(-1)).toMatchObject({ kind: 'command', data: bytes('x') });
  });

  test('§5.3 ¶1: the leader appends the command to its log, then asks all others at the same time to do so', () => {
    const node = new DrivenNode('a', { voters: five }).lead('b', 'c', 'd', 'e');
    const effects = node.propose('x');
    expect(effects.map((effect) => (effect.type === 'send' ? effect.to : effect.type))).toEqual(['write', 'b', 'c', 'd', 'e', 'proposalAccepted']);
    // Ours: the append is handed to the disk before the messages, but they do not wait for it (thesis §10.2.1): the leader counts itself only
    // when its own copy is durable, so that an entry is still committed only on a majority of disks.
    expect(node.sends('appendRequest').every(({ after }) => after === null)).toBe(true);
    node.accept('b', 2);
    node.accept('c', 2);
    expect(node.status.commitIndex).toBe(1);
    node.write();
    expect(node.status.commitIndex).toBe(2);
  });

  test('§5.3 ¶1: when the entry is safely replicated, and not before, the leader applies it', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.propose('x');
    node.write();
    expect(applied(node)).toEqual([]);
    node.accept('b', 2);
    expect(applied(node)).toEqual([2]);
  });

  test('§5.3 ¶1: the leader tries for ever, also long after the entry is committed, until every follower has all entries', () => {
    const three = group().elect('a').cut('c').propose('a', 'x', 'y');
    for (let beat = 0; beat < 200; beat++) three.beat('a');
    expect(three.log('c')).toHaveLength(1);
    expect(three.node('a').status.commitIndex).toBe(3);
    three.heal().beat('a');
    expect(three.log('c')).toEqual(three.log('a'));
  });

  test('§5.3 ¶2: an entry holds the command and the term in which the leader received it', () => {
    const three = group().elect('a').propose('a', 'x').elect('b').propose('b', 'y');
    expect(three.log('c')).toMatchObject([{ kind: 'noop', term: 1 }, { term: 1, data: bytes('x') }, { kind: 'noop', term: 2 }, { term: 2, data: bytes('y') }]);
  });

  test('§5.3 ¶2: it also has a whole number that says where in the log it stands', () => {
    expect(group().elect('a').propose('a', 'x', 'y').log('b').map(({ index }) => index)).toEqual([1, 2, 3]);
  });
});

describe('§5.3, commitment', () => {
  test('§5.3 ¶3: the leader alone decides what is committed; a follower commits nothing by itself', () => {
    const node = new DrivenNode('b', { entries: logOf(1, 1, 1) });
    node.receive('a', append(1, [3, 1], [command(4, 1)]));
    node.write();
    node.accept('a', 4);
    node.accept('c', 4);
    expect(node.status.commitIndex).toBe(0);
    expect(applied(node)).toEqual([]);
  });

  test('§5.3 ¶3: what is committed is durable, and in the end executed by every server there is', () => {
    const three = group().elect('a').cut('c').propose('a', 'x').heal().beat('a').elect('c').beat('c');
    for (const name of ['a', 'b', 'c']) {
      expect(three.log(name)).toContainEqual(expect.objectContaining({ index: 2, data: bytes('x') }));
      expect(three.applied(name)).toContainEqual(expect.objectContaining({ index: 2, data: bytes('x') }));
    }
  });

  test('§5.3 ¶3: an entry is committed once the leader that made it has it on a majority of the servers', () => {
    const node = new DrivenNode('a', { voters: five }).lead('b', 'c', 'd', 'e');
    node.propose('x');
    node.write();
    node.accept('b', 2);
    expect(node.status.commitIndex).toBe(1);
    node.accept('d', 2);
    expect(node.status.commitIndex).toBe(2);
  });

  test('§5.3 ¶3: that commits everything before it in the leader\'s log too, also what earlier leaders made', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1, 2) }).elect('b');
    node.write();
    node.accept('b', 4);
    expect(applied(node)).toEqual([1, 2, 3, 4]);
  });

  test('§5.3 ¶3: every later append, heartbeats too, carries the highest index known to be committed', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.propose('x');
    node.write();
    node.accept('b', 2);
    node.accept('c', 2);
    node.forget().timeout();
    expect(node.sends('appendRequest').map(({ message }) => [message.entries.length, message.commitIndex])).toEqual([[0, 2], [0, 2]]);
    node.forget().propose('y');
    expect(node.sends('appendRequest').map(({ message }) => [message.entries.length, message.commitIndex])).toEqual([[1, 2], [1, 2]]);
  });

  test('§5.3 ¶3: a follower that learns that entries are committed applies them, in the order of the log', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1, 1) });
    node.receive('b', append(1, [3, 1], [], 2));
    node.receive('b', append(1, [3, 1], [command(4, 1)], 4));
    expect(applied(node)).toEqual([1, 2, 3, 4]);
  });
});

describe('§5.3, Log Matching', () => {
  test('§5.3 ¶4: entries of different logs with the same index and term hold the same command', () => {
    const three = group().elect('a').cut('a');
    three.node('a').propose('of term 1');
    three.elect('b').propose('b', 'of term 2').heal().beat('b').elect('c').propose('c', 'of term 3');
    const seen = new Map<string, unknown>();
    for (const node of three.nodes) {
      for (const { entries } of node.all('write')) {
        for (const entry of entries) {
          const key = `${entry.index} in term ${entry.term}`;
          expect(seen.get(key) ?? entry).toEqual(entry);
          seen.set(key, entry);
        }
      }
    }
    // Two leaders did write at index 2.
    expect([...seen.keys()].filter((key) => key.startsWith('2 '))).toHaveLength(2);
  });

  test('§5.3 ¶4: logs with the same index and term somewhere are the same in everything before', () => {
    for (const shape of Object.values(divergences).flat()) {
      const three = figure7(shape).beat('a');
      expect(termsOf(three.log('c'))).toEqual([...leaderTerms, 8]);
      expect(three.log('c')).toEqual(three.log('a'));
    }
  });

  test('§5.3 ¶5: a leader makes one entry for each index of its term, and no entry ever moves', () => {
    const node = new DrivenNode('a').lead('b');
    node.propose('x', 'y');
    node.propose('z');
    node.accept('b', 2);
    node.propose('w');
    const made = node.all('write').flatMap(({ entries }) => entries.map(({ index }) => index));
    expect(made).toEqual([2, 3, 4, 5]);
    const sent = node.sends('appendRequest').flatMap(({ message }) => message.entries);
    for (const entry of sent) expect(entry).toBe(node.all('write').flatMap(({ entries }) => entries).find(({ index }) => index === entry.index));
  });

  test('§5.3 ¶5: an append names index and term of the entry before the new ones', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 3) }).elect('b');
    expect(node.lastSent('appendRequest', 'c')).toMatchObject({ previousIndex: 2, previousTerm: 3, entries: [{ index: 3 }] });
  });

  test('§5.3 ¶5: a follower without that entry refuses the new ones', () => {
    for (const previous of [[3, 2], [2, 2]] as const) {
      const node = new DrivenNode('a', { entries: logOf(1, 1) });
      node.receive('b', append(2, previous, [command(previous[0] + 1, 2)]));
      expect(node.sends('appendRejected', 'b')).toHaveLength(1);
      expect(node.all('write').flatMap(({ entries }) => entries)).toEqual([]);
    }
  });

  test('§5.3 ¶5: an accepted append tells the leader that the two logs are the same up to its last entry', () => {
    const entries = logOf(1, 1, 2, 2);
    const node = new DrivenNode('b', { entries });
    node.receive('a', append(3, [2, 1], [command(3, 3)]));
    expect(node.lastSent('appendAccepted').matchIndex).toBe(3);
    expect(logOnDisk(node, entries)).toEqual([...logOf(1, 1), command(3, 3)]);
    // No further: entry 4 here was not compared. The leader takes the answer at its word.
    const uncompared = new DrivenNode('b', { entries });
    uncompared.receive('a', append(3, [2, 1]));
    expect(uncompared.lastSent('appendAccepted').matchIndex).toBe(2);
    const leader = new DrivenNode('a', { entries }).elect('c');
    leader.accept('b', 3);
    expect(leader.status.peers[0]?.matchIndex).toBe(3);
  });
});

describe('§5.3, repair', () => {
  test('§5.3 ¶6: in normal operation the logs agree, and no append is ever refused', () => {
    const three = group().elect('a');
    for (let count = 0; count < 30; count++) three.propose('a', `${count}`).beat('a');
    expect(three.nodes.flatMap((node) => node.sends('appendRejected'))).toEqual([]);
    expect(three.log('b')).toHaveLength(31);
  });

  test('§5.3 ¶6: a follower may lack entries, have others, or both, over many terms: each is repaired', () => {
    for (const [kind, shapes] of Object.entries(divergences)) {
      for (const shape of shapes) {
        expect([kind, termsOf(figure7(shape).beat('a').log('c'))]).toEqual([kind, [...leaderTerms, 8]]);
      }
    }
  });

  test('§5.3 ¶7: the leader\'s log wins: what conflicts at a follower is overwritten, never at the leader', () => {
    const three = figure7([1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]).beat('a');
    expect(three.node('c').all('write').some(({ truncateFrom }) => truncateFrom === 4)).toBe(true);
    expect(three.node('a').all('write').every(({ truncateFrom }) => truncateFrom === null)).toBe(true);
  });

  test('§5.3 ¶8: the follower keeps its log up to the last entry on which both agree, drops the rest, and gets all that follows', () => {
    const three = figure7([1, 1, 1, 4, 4, 4, 4]).beat('a');
    expect(three.node('c').all('write').flatMap(({ truncateFrom }) => truncateFrom ?? [])).toEqual([6]);
    const brought = three.node('c').all('write').flatMap(({ entries }) => entries.map(({ index }) => index));
    expect(brought).toEqual([6, 7, 8, 9, 10, 11]);
  });

  test('§5.3 ¶8: nothing but answers to appends drives this', () => {
    const node = new DrivenNode('a', { entries: logOf(...leaderTerms), term: 7 }).elect('b');
    reject(node, 'c', 10, 4, 4);
    expect(node.lastSent('appendRequest', 'c')).toMatchObject({ previousIndex: 4, previousTerm: 4 });
    node.forget().receive('c', { type: 'voteResponse', term: 8, granted: true });
    node.receive('c', { type: 'preVoteResponse', term: 8, round: 1, granted: true });
    expect(node.sends('appendRequest', 'c')).toEqual([]);
  });

  test('§5.3 ¶8: for each follower the leader keeps the index of the entry to send next', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1, 1) }).elect('b');
    node.accept('b', 4);
    reject(node, 'c', 3, 1, 1);
    expect(node.status.peers.map(({ id, nextIndex }) => [id, nextIndex])).toEqual([['b', 5], ['c', 2]]);
  });

  test('§5.3 ¶8: a new leader sets all of them just after its last entry', () => {
    const node = new DrivenNode('a', { voters: five, entries: logOf(1, 1, 1) }).elect('b', 'c');
    expect(node.status.peers.map(({ nextIndex }) => nextIndex)).toEqual([4, 4, 4, 4]);
  });

  test('§5.3 ¶8: where the logs differ, the next append is refused; the leader goes back and tries again', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1, 2), term: 3 }).elect('b');
    const peer = new DrivenNode('c', { entries: logOf(1, 1, 1), term: 3 });
    peer.receive('a', node.lastSent('appendRequest', 'c'));
    node.receive('c', peer.lastSent('appendRejected', 'a'));
    expect(node.sends('appendRequest', 'c').map(({ message }) => message.previousIndex)).toEqual([3, 2]);
  });

  test('§5.3 ¶8: in the end they meet; that append is accepted, takes away what conflicts, and adds what is missing', () => {
    const three = figure7([1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]).beat('a');
    const answers = three.node('c').effects.flatMap((effect) => (effect.type === 'send' && effect.to === 'a' ? [effect.message.type] : []));
    expect(answers.indexOf('appendAccepted')).toBeGreaterThan(answers.indexOf('appendRejected'));
    expect(answers.slice(answers.indexOf('appendAccepted'))).not.toContain('appendRejected');
    expect(three.log('c')).toEqual(three.log('a'));
  });

  test('§5.3 ¶8: from then on they stay the same for the rest of the term', () => {
    const three = figure7([1, 1, 1, 4]).beat('a');
    for (let count = 0; count < 20; count++) {
      three.propose('a', `${count}`).beat('a');
      expect(three.log('c')).toEqual(three.log('a'));
    }
    expect(three.node('a').status.term).toBe(8);
  });

  test('§5.3 ¶9: a refusal may say enough for the leader to pass over a whole term at once', () => {
    const count = 400;
    const spread = (terms: readonly number[]): readonly number[] => terms.flatMap((term) => Array.from({ length: count }, () => term));
    const entries = logOf(1, ...spread([2, 4, 6]));
    const three = new Group({ a: { entries, term: 7 }, b: { entries, term: 7 }, c: { entries: logOf(1, ...spread([3, 5, 7])), term: 7 } });
    three.cut('c').elect('a').heal().beat('a').beat('a');
    expect(three.log('c')).toEqual(three.log('a'));
    expect(three.node('c').sends('appendRejected').length).toBeLessThanOrEqual(7);
    expect(three.node('c').sends('appendRejected').length).toBeGreaterThan(0);
  });

  test('§5.3 ¶10: a leader does nothing special when it comes to power; it just begins, and the logs come together', () => {
    const node: Node = new DrivenNode('a', { entries: logOf(...leaderTerms), term: 7 }).elect('b');
    const asked = new Set(node.all('send').map(({ message }) => message.type));
    expect(asked).toEqual(new Set(['preVoteRequest', 'voteRequest', 'appendRequest']));
    for (const { message } of node.sends('appendRequest')) expect(message.previousIndex).toBe(10);
  });

  test('§5.3 ¶10: a leader never overwrites or deletes entries of its own log', () => {
    const three = figure7([1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]).beat('a').propose('a', 'x');
    expect(three.log('a').slice(0, 10)).toEqual(logOf(...leaderTerms));
    expect(three.node('a').all('write').every(({ truncateFrom }) => truncateFrom === null)).toBe(true);
  });

  test('§5.3 ¶11: entries are accepted, replicated and applied as long as a majority is up', () => {
    const group5 = new Group(Object.fromEntries(five.map((name) => [name, {}])));
    group5.elect('a').cut('b', 'e').propose('a', 'x');
    expect(group5.applied('d')).toHaveLength(2);
    group5.heal().cut('a', 'b').elect('c').propose('c', 'y');
    for (const name of ['c', 'd', 'e']) expect(group5.applied(name).map(({ index }) => index)).toEqual([1, 2, 3, 4]);
  });

  test('§5.3 ¶11: normally one round of messages to a majority does it', () => {
    const node = new DrivenNode('a', { voters: five }).lead('b', 'c', 'd', 'e');
    node.propose('x');
    node.write();
    node.accept('b', 2);
    node.accept('c', 2);
    expect(applied(node)).toEqual([2]);
    expect(node.sends('appendRequest').filter(({ message }) => message.entries.length > 0)).toHaveLength(4);
  });

  test('§5.3 ¶11: one slow follower holds nobody up', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    for (let count = 0; count < 500; count++) {
      node.propose('x');
      node.write();
      node.accept('b', count + 2);
      node.give({ type: 'applied', index: count + 2 });
    }
    expect(node.status.commitIndex).toBe(501);
    expect(applied(node)).toHaveLength(500);
  });
});
