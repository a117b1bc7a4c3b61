import { expect, test } from 'playwright/test';
import { against, valueOf, withSignIn } from './support/sign-in-fixture.ts';

test(`a player signs in with the SDK of Firebase and takes a seat; one sign-in is one seat; who comes by invitation loads nothing of it (against ${against})`, async ({ browser }) => {
  test.setTimeout(180_000);
  await withSignIn(async ({ url, admin, emulatorHost, mesh: newMesh, closedMesh, agents }) => {
    const mesh = await newMesh({ accessRole: 'worker', anonymous: true });
    const context = await browser.newContext();
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
    const loaded: string[] = [];
    page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
    const sit = async (name: string): Promise<void> => {
      await page.goto(`${url}/#mesh=${mesh}`);
      await page.getByTestId('name-input').fill(name);
      await page.getByTestId('join-button').click();
      await expect(page.getByTestId('phase')).toBeVisible({ timeout: 30_000 });
    };
    await sit('Ada');
    expect(loaded.some((file) => file.includes('/sign-in-'))).toBe(true);
    expect(errors).toEqual([]);
    expect(await agents(mesh)).toEqual(['Ada']);

    // The seat is lost with everything that the page has kept of it, but not who one is.
    await page.evaluate(async () => {
      localStorage.clear();
      for (const { name } of await indexedDB.databases()) if (name?.startsWith('raft-mesh') === true) indexedDB.deleteDatabase(name);
    });
    await page.goto('about:blank');
    await sit('Ada');
    expect(await agents(mesh)).toEqual(['Ada']);
    await context.close();

    // Somebody else is somebody else, and comes by an invitation as ever, without the SDK; there is no account to keep that seat with.
    const other = await (await browser.newContext()).newPage();
    const others: string[] = [];
    other.on('request', (request) => others.push(request.url()));
    await other.goto(`${url}/#invitation=${valueOf(await admin.createInvitation(mesh, { accessRole: 'worker', permissions: [] })).code}`);
    await other.getByTestId('name-input').fill('Eve');
    await other.getByTestId('join-button').click();
    await expect(other.getByTestId('phase')).toBeVisible({ timeout: 30_000 });
    await other.getByTestId('settings-button').click();
    await expect(other.getByTestId('move-setting')).toBeVisible();
    await expect(other.getByTestId('account-setting')).toBeHidden();
    expect(others.filter((address) => /sign-in|account/u.test(address) || address.includes(emulatorHost))).toEqual([]);
    expect(await agents(mesh)).toEqual(['Ada', 'Eve']);

    // A mesh that lets nobody in that way says so.
    const third = await (await browser.newContext()).newPage();
    await third.goto(`${url}/#mesh=${await closedMesh()}`);
    await third.getByTestId('name-input').fill('Max');
    await third.getByTestId('join-button').click();
    await expect(third.getByTestId('problem')).toContainText('Nobody gets to this table by signing in', { timeout: 30_000 });
  });
});
