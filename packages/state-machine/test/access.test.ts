import { expect, test } from '@jest/globals';
import type { AccessRole, Viewer } from '@raft-mesh/state-machine';
import { holdsPermission, setStatusRecord, StateMachine } from '@raft-mesh/state-machine';
import { admission, admitted, agent, Driver, emptyApp, session } from './support/driver.ts';
import { diceApp } from './support/dice.ts';

const dayMs = 24 * 3600 * 1000;
const anyone: Viewer = { agent: null, accessRole: 'spectator' };
const viewerOf = (id: string, accessRole: AccessRole = 'worker'): Viewer => ({ agent: agent(id), accessRole });
const driverWith = (roles: Record<string, AccessRole>) => {
  const driver = new Driver(new StateMachine(diceApp));
  for (const [id, accessRole] of Object.entries(roles)) admitted(driver, id, { accessRole });
  return driver;
};
const codeOf = (outcome: ReturnType<Driver['send']>) => (outcome.status === 'committed' ? 'committed' : outcome.refusal.code);

test.each([
  [['documents.put'], 'documents.put', true], [['documents.*'], 'documents.put', true], [['*'], 'documents.put', true],
  [['documents.get'], 'documents.put', false], [['document.*'], 'documents.put', false], [['documents.put.*'], 'documents.put', false], [[], 'documents.put', false], [['.*'], 'documents', false],
])('holding %p and asked for %p: %p', (held, asked, expected) => {
  expect(holdsPermission(held, asked)).toBe(expected);
});

test('by default admins, managers and workers may call; a spectator needs the permission by name', () => {
  const driver = driverWith({ root: 'admin', m1: 'manager', bob: 'worker', eve: 'spectator' });
  expect(['root', 'm1', 'bob', 'eve'].map((id) => codeOf(driver.send(id, 'dice', 'keep', {})))).toEqual(['committed', 'committed', 'committed', 'notAllowed']);
  driver.send('root', 'members', 'setPermissions', { agent: 'eve', permissions: ['dice.keep'] });
  expect(codeOf(driver.send('eve', 'dice', 'keep', {}))).toBe('committed');
  driver.send('root', 'members', 'setPermissions', { agent: 'eve', permissions: [] });
  expect(codeOf(driver.send('eve', 'dice', 'keep', {}))).toBe('notAllowed');
});

test('the gate says beforehand what apply will say', () => {
  const driver = driverWith({ root: 'admin', eve: 'spectator' });
  for (const [id, module, command, args] of [['eve', 'dice', 'keep', {}], ['root', 'dice', 'keep', {}], ['root', 'dice', 'roll', {}], ['root', 'x', 'y', {}], ['eve', 'members', 'revoke', { agent: 'root' }]] as const) {
    const refusal = driver.machine.precheck(agent(id), session(`s-${id}`), module, command, args);
    const outcome = driver.send(id, module, command, args);
    expect(refusal).toEqual(outcome.status === 'refused' ? outcome.refusal : null);
  }
  expect(driver.machine.precheck(agent('nobody'), session('s'), 'dice', 'keep', {})).toMatchObject({ code: 'notAMember' });
});

test('a token admits once: again with the same secret is the same admission, with another it is spent', () => {
  const driver = driverWith({});
  expect(admitted(driver, 'ada')).toMatchObject({ status: 'committed', answer: { agent: 'ada', name: 'ada' } });
  expect(admitted(driver, 'ada')).toMatchObject({ status: 'committed', answer: { agent: 'ada', name: 'ada' } });
  expect(admitted(driver, 'ada', { hash: 'stolen' })).toMatchObject({ refusal: { code: 'tokenSpent' } });
  expect(admitted(driver, 'eve', { tokenId: 'token-ada', hash: 'hash-ada' })).toMatchObject({ refusal: { code: 'tokenSpent' } });
  expect(driver.machine.member(agent('ada'))).toMatchObject({ resumeSecretHash: 'hash-ada', revoked: false, status: 'alive' });
  expect(driver.machine.members()).toHaveLength(1);
});

test('a new token for a member replaces its secret and keeps its name', () => {
  const driver = driverWith({ ada: 'worker' });
  expect(admitted(driver, 'ada', { tokenId: 'second', hash: 'new', name: 'Other' })).toMatchObject({ answer: { name: 'ada' } });
  expect(driver.machine.member(agent('ada'))?.resumeSecretHash).toBe('new');
});

test('spent tokens are forgotten once nobody could offer them again', () => {
  const driver = new Driver(new StateMachine(emptyApp));
  admitted(driver, 'ada', { tokenLifetimeMs: 1000 });
  driver.advance(60_999);
  expect(admitted(driver, 'ada', { hash: 'stolen' })).toMatchObject({ refusal: { code: 'tokenSpent' } });
  driver.advance(1);
  expect(driver.machine.nextDeadlineMs).toBe(dayMs);
});

test('names are unique: the next free number is put behind', () => {
  const driver = driverWith({});
  const names = ['Ada', 'Ada', ' Ada\u200b ', 'Ada 2', '\u202e'].map((name, at) => driver.apply(admission(`a${at}`, { name })).outcome);
  expect(names.map((outcome) => outcome?.status === 'committed' && outcome.answer)).toMatchObject([{ name: 'Ada' }, { name: 'Ada 2' }, { name: 'Ada 3' }, { name: 'Ada 2 2' }, { name: 'agent' }]);
});

test('a revoked agent is shut out for good; a removed one may come back', () => {
  const driver = driverWith({ root: 'admin', ada: 'worker', bob: 'worker' });
  driver.send('root', 'members', 'revoke', { agent: 'ada' });
  driver.send('root', 'members', 'remove', { agent: 'bob' });
  expect(codeOf(driver.send('ada', 'dice', 'keep', {}))).toBe('revoked');
  expect(admitted(driver, 'ada', { tokenId: 'second' })).toMatchObject({ refusal: { code: 'revoked' } });
  expect(codeOf(driver.send('bob', 'dice', 'keep', {}))).toBe('notAMember');
  expect(admitted(driver, 'bob')).toMatchObject({ refusal: { code: 'tokenSpent' } });
  expect(admitted(driver, 'bob', { tokenId: 'second' })).toMatchObject({ status: 'committed' });
  expect(codeOf(driver.send('bob', 'members', 'revoke', { agent: 'root' }))).toBe('notAllowed');
});

test('status changes in batches; the same again touches nothing', () => {
  const driver = driverWith({ ada: 'worker', bob: 'worker' });
  const record = setStatusRecord([{ agent: agent('ada'), status: 'dead' }, { agent: agent('gone'), status: 'dead' }, { agent: agent('bob'), status: 'alive' }]);
  expect(driver.apply(record)).toMatchObject({ outcome: { answer: { changed: 1 } }, touchedModules: new Set(['members']) });
  expect(driver.apply(record).touchedModules.size).toBe(0);
});

test('the view of members shows no secret, in the order of ids', () => {
  const driver = driverWith({ zoe: 'worker', ada: 'admin' });
  const view = driver.machine.view('members', anyone, null);
  expect(view).toEqual({ found: true, value: [
    { id: 'ada', name: 'ada', kind: 'cli', status: 'alive', accessRole: 'admin' },
    { id: 'zoe', name: 'zoe', kind: 'cli', status: 'alive', accessRole: 'worker' },
  ] });
});

test('an agent writes its own documents and nobody else does but admins', () => {
  const driver = driverWith({ root: 'admin', bob: 'worker', eve: 'spectator', pat: 'worker' });
  driver.send('root', 'members', 'setPermissions', { agent: 'pat', permissions: ['documents.*'] });
  const put = (id: string, key: string) => codeOf(driver.send(id, 'documents', 'put', { key, value: id }));
  expect(put('bob', 'agents/bob/mood')).toBe('committed');
  expect(put('bob', 'agents/bobby/mood')).toBe('notAllowed');
  expect(put('bob', 'shared')).toBe('notAllowed');
  expect(put('bob', 'agents/bob')).toBe('notAllowed');
  expect(put('pat', 'shared')).toBe('committed');
  expect(put('pat', 'agents/bob/mood')).toBe('notAllowed');
  expect(put('eve', 'agents/eve/mood')).toBe('notAllowed');
  expect(put('root', 'agents/bob/mood')).toBe('committed');
  expect(codeOf(driver.send('bob', 'documents', 'delete', { key: 'shared' }))).toBe('notAllowed');
});

test('what is private leaves neither by get, nor by list, nor by view', () => {
  const driver = driverWith({ root: 'admin', bob: 'worker' });
  for (const key of ['agents/bob/private/secret', 'agents/bob/private', 'agents/bob/privately', 'agents/bob/mood']) driver.send('bob', 'documents', 'put', { key, value: key });
  const seenBy = (viewer: Viewer) => {
    const list = driver.machine.query('documents', 'list', { prefix: 'agents/' }, viewer);
    const view = driver.machine.view('documents', viewer, { prefix: 'agents/' });
    const get = ['agents/bob/private/secret', 'agents/bob/private', 'agents/bob/privately', 'agents/bob/mood'].filter((key) => driver.machine.query('documents', 'get', { key }, viewer).found);
    const keys = [list, view].map((reading) => (reading.found ? (reading.value as { documents: { key: string }[] }).documents.map(({ key }) => key) : null));
    expect(keys[0]).toEqual(keys[1]);
    expect(get.sort()).toEqual(keys[0]);
    return keys[0];
  };
  for (const viewer of [anyone, viewerOf('zoe'), viewerOf('m1', 'manager')]) expect(seenBy(viewer)).toEqual(['agents/bob/mood', 'agents/bob/privately']);
  for (const viewer of [viewerOf('bob'), viewerOf('root', 'admin')]) expect(seenBy(viewer)).toHaveLength(4);
});
