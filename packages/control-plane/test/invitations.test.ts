import { expect, test } from '@jest/globals';
import { MemoryStore } from './memory-store.ts';
import { adminKey, testGateway } from './test-gateway.ts';

interface Answer { readonly status: number; readonly body: Record<string, unknown> }

async function withInvitation(usesMax: number) {
  const store = new MemoryStore();
  const copies = [testGateway(store), testGateway(store)];
  const post = async (path: string, body: unknown, copy = 0): Promise<Answer> => {
    const response = await copies[copy]!.app.request(`/api/v1${path}`, { method: 'POST', body: JSON.stringify(body), headers: { authorization: `Bearer ${adminKey}` } });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  expect((await post('/meshes', { mesh: 'one', app: 'a', managers: [{ id: 'm1', url: 'http://127.0.0.1:1' }] })).status).toBe(201);
  const { code } = (await post('/meshes/one/invitations', { accessRole: 'worker', permissions: [], usesMax })).body;
  let changes = 0;
  store.onChange = (when) => { if (when === 'after') changes += 1; };
  return { changes: () => changes, redeem: (name: string, copy: number) => post('/invitations/redeem', { code, name }, copy) };
}

test('a whole room opens one link at once: everybody for whom it has a use gets in, nobody else, and a crowd is a few writes', async () => {
  const { redeem, changes } = await withInvitation(100);
  const answers = await Promise.all(Array.from({ length: 130 }, (_, number) => redeem(`guest-${number}`, 0)));
  const admitted = answers.filter(({ status }) => status < 300);
  expect(admitted).toHaveLength(100);
  expect(new Set(admitted.map(({ body }) => body['agent'])).size).toBe(100);
  expect(answers.filter(({ status }) => status >= 300).map(({ body }) => body['code'])).toEqual(Array.from({ length: 30 }, () => 'invitationUsedUp'));
  expect(changes()).toBeLessThanOrEqual(4);
});

test('the same at two copies of the control plane', async () => {
  const { redeem } = await withInvitation(100);
  const answers = await Promise.all(Array.from({ length: 130 }, (_, number) => redeem(`guest-${number}`, number % 2)));
  expect(answers.filter(({ status }) => status < 300)).toHaveLength(100);
  expect(answers.filter(({ body }) => body['code'] === 'invitationUsedUp')).toHaveLength(30);
});
