import type { Browser, BrowserContext, Page } from 'playwright/test';
import { expect, test } from 'playwright/test';
import { against, withSignIn } from './support/sign-in-fixture.ts';
import type { SignInFixture } from './support/sign-in-fixture.ts';

const passwords = { first: 'correct horse battery', second: 'another horse staple', wrong: 'wrong horse' } as const;
const ada = 'ada@example.com';

interface Device {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Where a secret went that must not go there, and what the page's policy had to forbid. */
  readonly wrongs: string[];
}

/** A browser of its own, that is watched: no password is ever in an address, nor sent to anyone but who signs players in. */
async function device(browser: Browser, { emulatorHost }: SignInFixture): Promise<Device> {
  const context = await browser.newContext();
  context.setDefaultTimeout(30_000);
  const wrongs: string[] = [];
  context.on('request', (request) => {
    const address = decodeURIComponent(request.url().replaceAll('+', ' '));
    const sent = new URL(request.url()).host === emulatorHost ? '' : request.postData() ?? '';
    for (const secret of [...Object.values(passwords), 'eyJhbG']) if (address.includes(secret) || sent.includes(secret)) wrongs.push(`${secret} to ${request.url()}`);
  });
  context.on('console', (message) => { if (message.text().includes('Content Security Policy')) wrongs.push(message.text()); });
  return { context, page: await context.newPage(), wrongs };
}

async function fill(page: Page, email: string, password: string): Promise<void> {
  await page.getByTestId('account-email').fill(email);
  await page.getByTestId('account-password').fill(password);
  await page.getByTestId('account-go').click();
}

const seated = (page: Page) => expect(page.getByTestId('phase')).toBeVisible({ timeout: 30_000 });

async function sitAnonymously(page: Page, link: string, name: string): Promise<void> {
  await page.goto(link);
  await page.getByTestId('name-input').fill(name);
  await page.getByTestId('join-button').click();
  await seated(page);
}

async function openAccount(page: Page): Promise<void> {
  await page.getByTestId('settings-button').click();
  await page.getByTestId('account-setting').click();
  await page.getByTestId('account-dialog').waitFor();
}

/** Whose seat this browser is in. */
const agentOf = (page: Page): Promise<string> => page.evaluate(() => String(Object(JSON.parse(localStorage.getItem('raft-mesh/mafia/seat') ?? '{}'))['agent']));

/** All that this browser keeps for the page itself: not what Firebase keeps. */
const kept = (page: Page): Promise<string> => page.evaluate(async () => {
  const stores: unknown[] = [Object.entries(localStorage), Object.entries(sessionStorage), document.cookie];
  for (const { name = '' } of await indexedDB.databases()) {
    if (!name.startsWith('raft-mesh')) continue;
    const database = await new Promise<IDBDatabase>((resolve, reject) => { const asked = indexedDB.open(name); asked.onsuccess = () => resolve(asked.result); asked.onerror = () => reject(new Error(name)); });
    for (const store of database.objectStoreNames) stores.push(await new Promise((resolve) => { const asked = database.transaction(store).objectStore(store).getAll(); asked.onsuccess = () => resolve(asked.result); }));
    database.close();
  }
  return JSON.stringify(stores);
});

test(`a player keeps the seat with an account and sits in it from another browser; signs out; signs in instead of a new seat (against ${against})`, async ({ browser }) => {
  test.setTimeout(240_000);
  await withSignIn(async (fixture) => {
    const mesh = await fixture.mesh({ accessRole: 'worker', anonymous: true });
    const link = `${fixture.url}/#mesh=${mesh}`;
    const laptop = await device(browser, fixture);
    await sitAnonymously(laptop.page, link, 'Ada');
    const agent = await agentOf(laptop.page);

    // What is needed for it is not kept for times without a network: then it says so.
    await laptop.context.route('**/assets/account-*', (route) => route.abort('internetdisconnected'));
    await laptop.page.getByTestId('settings-button').click();
    await laptop.page.getByTestId('account-setting').click();
    await expect(laptop.page.getByTestId('toast')).toContainText('reload the page');
    await laptop.context.unroute('**/assets/account-*');
    await laptop.page.reload();
    await seated(laptop.page);
    await openAccount(laptop.page);
    await fill(laptop.page, 'ada', passwords.first);
    await expect(laptop.page.getByTestId('account-problem')).toHaveAttribute('data-kind', 'emailInvalid');
    await expect(laptop.page.getByTestId('account-email')).toBeFocused();
    await expect(laptop.page.getByTestId('account-email')).toHaveAccessibleDescription(/no whole e-mail address/u);
    await fill(laptop.page, ada, '12345');
    await expect(laptop.page.getByTestId('account-problem')).toHaveAttribute('data-kind', 'passwordWeak');
    await expect(laptop.page.getByTestId('account-password')).toBeFocused();
    await expect(laptop.page.getByTestId('account-password')).toHaveAccessibleDescription(/too weak/u);
    await fill(laptop.page, ada, passwords.first);
    await expect(laptop.page.getByTestId('account-kept')).toContainText(ada);
    await laptop.page.getByTestId('dialog-close').click();
    expect(await fixture.agents(mesh)).toEqual(['Ada']);

    // On another device: a wrong password, then a forgotten one.
    const phone = await device(browser, fixture);
    await phone.page.goto(link);
    await phone.page.getByTestId('have-account').click();
    await fill(phone.page, ada, passwords.wrong);
    await expect(phone.page.getByTestId('account-problem')).toHaveAttribute('data-kind', 'wrong');
    await fill(phone.page, 'nobody@example.com', passwords.wrong);
    await expect(phone.page.getByTestId('account-problem')).toHaveAttribute('data-kind', 'wrong');
    await phone.page.getByTestId('account-reset').click();
    await expect(phone.page.getByTestId('account-email')).toBeFocused();
    await phone.page.getByTestId('account-email').fill('nobody@example.com');
    await phone.page.getByTestId('account-go').click();
    // Who has no account is told the same.
    await expect(phone.page.getByTestId('reset-sent')).toContainText('nobody@example.com');
    await phone.page.getByTestId('account-reset').click();
    await phone.page.getByTestId('account-email').fill(ada);
    await phone.page.getByTestId('account-go').click();
    await expect(phone.page.getByTestId('reset-sent')).toContainText(ada);
    const { oobCodes } = await fixture.ofEmulator('oobCodes', 'GET') as { readonly oobCodes: readonly { readonly oobCode: string; readonly email: string }[] };
    expect(oobCodes.map(({ email }) => email)).toEqual([ada]);
    await fetch(`http://${fixture.emulatorHost}/identitytoolkit.googleapis.com/v1/accounts:resetPassword?key=public`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ oobCode: oobCodes[0]?.oobCode, newPassword: passwords.second }) });
    await fill(phone.page, ada, passwords.first);
    await expect(phone.page.getByTestId('account-problem')).toHaveAttribute('data-kind', 'wrong');
    await fill(phone.page, ada, passwords.second);
    // The account knows how its player is called: nothing is asked, and it is the same seat.
    await seated(phone.page);
    expect(await fixture.agents(mesh)).toEqual(['Ada']);
    expect(await agentOf(phone.page)).toBe(agent);
    await expect(laptop.page.getByTestId('ended')).toBeVisible({ timeout: 30_000 });
    expect(await kept(phone.page)).toMatch(/resumeSecret/u);
    for (const text of [await kept(phone.page), await kept(laptop.page)]) for (const secret of [...Object.values(passwords), 'eyJhbG', ada]) expect(text).not.toContain(secret);

    // And back: both are signed in still, and whoever takes a seat is told as whom.
    for (const [here, there] of [[laptop, phone], [phone, laptop]] as const) {
      await here.page.getByTestId('start-over').click();
      await expect(here.page.getByTestId('signed-in-as')).toContainText(ada);
      await expect(here.page.getByTestId('name-input')).toHaveValue('Ada');
      await here.page.getByTestId('join-button').click();
      await seated(here.page);
      expect(await fixture.agents(mesh)).toEqual(['Ada']);
      await expect(there.page.getByTestId('ended')).toBeVisible({ timeout: 30_000 });
    }

    // Signing out leaves the seat, and nothing by which another could sit in it: not in another tab either.
    const tab = await phone.context.newPage();
    await tab.goto(fixture.url);
    await seated(tab);
    await openAccount(phone.page);
    await phone.page.getByTestId('account-leave').click();
    await expect(tab.getByTestId('ended')).toBeVisible({ timeout: 30_000 });
    await tab.reload();
    await expect(tab.locator('.welcome-form')).toContainText('You need an invitation');
    await tab.close();
    await expect(phone.page.getByTestId('have-account')).toBeVisible({ timeout: 30_000 });
    await expect(phone.page.getByTestId('signed-in-as')).toBeHidden();
    // The other tab may have made an empty store before it ended.
    expect(await kept(phone.page)).not.toMatch(/resumeSecret|"seat/u);
    await phone.page.getByTestId('name-input').fill('Eve');
    await phone.page.getByTestId('join-button').click();
    await seated(phone.page);
    expect(await fixture.agents(mesh)).toEqual(['Ada', 'Eve']);
    expect(await agentOf(phone.page)).not.toBe(agent);

    // Who took a new seat by mistake goes to the one that the account keeps.
    await openAccount(phone.page);
    await fill(phone.page, ada, passwords.first);
    await expect(phone.page.getByTestId('account-problem')).toHaveAttribute('data-kind', 'emailTaken');
    await expect(phone.page.getByTestId('account-email')).toBeFocused();
    await phone.page.getByTestId('account-sign-in').click();
    await expect(phone.page.getByTestId('account-dialog')).toContainText('leaves the seat that it has as Eve');
    await fill(phone.page, ada, passwords.second);
    await expect(phone.page.getByTestId('signed-in-as')).toContainText(ada, { timeout: 30_000 });
    await phone.page.getByTestId('join-button').click();
    await seated(phone.page);
    expect(await fixture.agents(mesh)).toEqual(['Ada', 'Eve']);
    expect(await agentOf(phone.page)).toBe(agent);
    await phone.page.reload();
    await seated(phone.page);
    await openAccount(phone.page);
    await expect(phone.page.getByTestId('account-kept')).toContainText(ada);
    expect([...laptop.wrongs, ...phone.wrongs]).toEqual([]);
    for (const { context } of [laptop, phone]) await context.close();
  });
});

test(`a table for players with an account says so, and its link is not used up; each trouble has its words (against ${against})`, async ({ browser }) => {
  test.setTimeout(240_000);
  await withSignIn(async (fixture) => {
    await fixture.ofEmulator('config', 'PATCH', { emailPrivacyConfig: { enableImprovedEmailPrivacy: true } });
    const mesh = await fixture.mesh({ accessRole: 'worker', anonymous: false });
    const { context, page, wrongs } = await device(browser, fixture);
    await page.goto(`${fixture.url}/#mesh=${mesh}`);
    await page.getByTestId('name-input').fill('Ada');
    await page.getByTestId('join-button').click();
    await expect(page.getByTestId('account-needed')).toBeVisible();
    // A refresh costs nothing.
    await page.reload();
    await page.getByTestId('name-input').fill('Ada');
    await page.getByTestId('join-button').click();
    await expect(page.getByTestId('account-needed')).toBeVisible();
    await page.getByTestId('account-go').click();
    await expect(page.getByTestId('account-problem')).toHaveAttribute('data-kind', 'emailMissing');
    await fill(page, ada, '');
    await expect(page.getByTestId('account-problem')).toHaveAttribute('data-kind', 'passwordMissing');

    // What neither emulator does by itself, as Firebase answers it.
    const calls = `http://${fixture.emulatorHost}/identitytoolkit.googleapis.com/v1/accounts:**`;
    for (const [message, kind] of [['TOO_MANY_ATTEMPTS_TRY_LATER : Try again later.', 'tooMany'], ['OPERATION_NOT_ALLOWED', 'notOffered'], ['PASSWORD_DOES_NOT_MEET_REQUIREMENTS : Missing password requirements: [x]', 'passwordRules'], ['SOMETHING_NEW', 'trouble']] as const) {
      await page.route(calls, (route) => route.fulfill({ status: 400, contentType: 'application/json', headers: { 'access-control-allow-origin': '*' }, body: JSON.stringify({ error: { code: 400, message, errors: [{ message, reason: 'invalid', domain: 'global' }] } }) }));
      await fill(page, ada, passwords.first);
      await expect(page.getByTestId('account-problem')).toHaveAttribute('data-kind', kind);
      await page.unroute(calls);
    }
    await page.route(calls, (route) => route.abort('internetdisconnected'));
    await fill(page, ada, passwords.first);
    await expect(page.getByTestId('account-problem')).toHaveAttribute('data-kind', 'offline');
    await page.unroute(calls);

    await fill(page, ada, passwords.first);
    await seated(page);
    expect(await fixture.agents(mesh)).toEqual(['Ada']);

    // In another browser: the same account, the same seat; where Firebase does not say whether there is an account, too.
    const other = await device(browser, fixture);
    await other.page.goto(`${fixture.url}/#mesh=${mesh}`);
    await other.page.getByTestId('have-account').click();
    await fill(other.page, ada, passwords.wrong);
    await expect(other.page.getByTestId('account-problem')).toHaveAttribute('data-kind', 'wrong');
    await fill(other.page, ada, passwords.first);
    await seated(other.page);
    expect(await fixture.agents(mesh)).toEqual(['Ada']);
    await expect(page.getByTestId('ended')).toBeVisible({ timeout: 30_000 });

    // An account that was closed, or signed out everywhere, is signed out here; whatever else happens, the account is kept.
    await page.getByTestId('start-over').click();
    await expect(page.getByTestId('signed-in-as')).toContainText(ada);
    for (const [status, code, says] of [[503, 'signInUnavailable', '(503)'], [401, 'idTokenInvalid', '(401)'], [401, 'idTokenRevoked', 'You have been signed out']] as const) {
      await expect(page.getByTestId('signed-in-as')).toBeVisible();
      await page.route('**/join', (route) => route.fulfill({ status, contentType: 'application/problem+json', body: JSON.stringify({ code }) }));
      await page.getByTestId('join-button').click();
      await expect(page.getByTestId('problem')).toContainText(says);
      await page.unroute('**/join');
    }
    await expect(page.getByTestId('signed-in-as')).toBeHidden();
    expect([...wrongs, ...other.wrongs]).toEqual([]);
    for (const each of [context, other.context]) await each.close();
  });
});
