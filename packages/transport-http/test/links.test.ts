import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Clock, Link, LinkAcceptor } from '@raft-mesh/mesh';
import { limits } from '@raft-mesh/protocol';
import type { ProtocolError, WireMessage } from '@raft-mesh/protocol';
import { LinkRecorder } from '@raft-mesh/testkit/suites/transport';
import { createHttpLinks } from '@raft-mesh/transport-http/server';
import type { HttpLinks, HttpLinksOptions } from '@raft-mesh/transport-http/server';

// The routes alone, without sockets and without real time.

const hello = { type: 'hello', protocolVersion: 2, agentKind: 'cli', credential: { kind: 'resume', agent: 'ada', resumeSecret: 'secret' }, session: { id: 's1', opened: true } };
const heartbeat = (beat: number) => ({ type: 'heartbeat', beat });
const frame = (message: unknown, mesh = 'village', incarnation = 1) => ({ mesh, incarnation, message });
const welcome = { type: 'leaderChanged', leader: null, term: 3 } as const satisfies WireMessage;
const stopping: ProtocolError = { code: 'stopping', message: 'It stops.', next: 'Dial another.' };
const path = '/api/v1/meshes/village/links';

let timers: { delayMs: number; callback: () => void }[];
const clock: Pick<Clock, 'setTimer'> = {
  setTimer(delayMs, callback) {
    const timer = { delayMs, callback };
    timers.push(timer);
    return () => { timers = timers.filter((other) => other !== timer); };
  },
};
const passTimer = (delayMs: number): void => {
  const due = timers.filter((timer) => timer.delayMs === delayMs);
  timers = timers.filter((timer) => timer.delayMs !== delayMs);
  for (const { callback } of due) callback();
};

let accepted: { link: Link; recorder: LinkRecorder }[];
let answer: (link: Link) => void;
const acceptor: LinkAcceptor = {
  accept(link) {
    const recorder = new LinkRecorder();
    recorder.onMessage = (message) => { if (message.type === 'hello') answer(link); };
    accepted.push({ link, recorder });
    return recorder;
  },
};
const linksWith = (options: Partial<HttpLinksOptions> = {}): HttpLinks => createHttpLinks({ resolve: () => acceptor, clock, ...options });

let links: HttpLinks;
beforeEach(() => {
  timers = [];
  accepted = [];
  answer = (link) => link.send(welcome);
  links = linksWith();
});

const post = async (where: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  links.routes.request(where, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) });
const codeOf = async (response: Response): Promise<[number, unknown]> => [response.status, ((await response.json()) as { code: unknown }).code];

async function opened(): Promise<{ link: Link; recorder: LinkRecorder; url: string; bearer: { authorization: string } }> {
  const response = await post(path, frame(hello));
  const { link, linkSecret } = (await response.json()) as { link: string; linkSecret: string };
  const last = accepted.at(-1);
  if (last === undefined) throw new Error('nothing was accepted');
  return { ...last, url: `${path}/${link}`, bearer: { authorization: `Bearer ${linkSecret}` } };
}

describe('opening', () => {
  test('answers with the link, its secret and what the manager said at once', async () => {
    const response = await post(path, frame(hello));
    expect(response.status).toBe(201);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({ link: expect.any(String), linkSecret: expect.stringMatching(/^[0-9a-f]{64}$/), frames: [frame(welcome)] });
    expect(accepted[0]?.recorder.messages).toEqual([hello]);
  });

  test('a refused hello is a problem, and leaves no link', async () => {
    answer = (link) => link.close({ ...stopping, code: 'tokenSpent' });
    const response = await post(path, frame(hello));
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect([response.status, await response.json()]).toEqual([409, { type: 'about:blank', title: 'Token spent', status: 409, code: 'tokenSpent', detail: 'It stops.', next: 'Dial another.' }]);
    expect([links.linkCount(), timers]).toEqual([0, []]);
  });

  test('a manager that thinks longer answers on the stream', async () => {
    answer = () => {};
    const response = post(path, frame(hello));
    while (timers.length < 2) await Promise.resolve();
    passTimer(5000);
    expect(await (await response).json()).toMatchObject({ frames: [] });
  });

  test.each([
    ['no JSON', '{', 400, 'malformedFrame'], ['no frame', [1], 400, 'malformedFrame'], ['another mesh than the address', frame(hello, 'harbour'), 404, 'wrongMesh'],
    ['no hello', frame(heartbeat(1)), 403, 'messageNotAllowed'], ['a Raft message', frame({ type: 'voteRequest', term: 1, lastIndex: 0, lastTerm: 0, transfer: false }), 403, 'messageNotAllowed'],
    ['an invalid hello', frame({ ...hello, protocolVersion: -1 }), 400, 'invalidMessage'], ['an unknown message', frame({ type: 'hallo' }), 400, 'unknownMessage'],
    ['too much', `"${'x'.repeat(limits.frameBytesMax)}"`, 413, 'frameTooLarge'],
  ])('%s is refused', async (_name, body, status, code) => {
    expect(await codeOf(await post(path, body))).toEqual([status, code]);
    expect(accepted).toHaveLength(0);
  });

  test('what is not declared as JSON is refused: a foreign page could send it', async () => {
    expect(await codeOf(await post(path, frame(hello), { 'content-type': 'text/plain' }))).toEqual([415, 'malformedFrame']);
  });

  test('a mesh that is not here, too many links, and a listener that closes', async () => {
    links = linksWith({ resolve: () => ({ ...stopping, code: 'wrongIncarnation' }) });
    expect(await codeOf(await post(path, frame(hello)))).toEqual([409, 'wrongIncarnation']);
    links = linksWith({ linksMax: 1 });
    await opened();
    expect(await codeOf(await post(path, frame(hello)))).toEqual([503, 'overloaded']);
    links.close();
    expect(links.linkCount()).toBe(0);
    expect(await codeOf(await post(path, frame(hello)))).toEqual([503, 'overloaded']);
  });
});

describe('posting', () => {
  test('needs the secret of this very link', async () => {
    const first = await opened();
    const second = await opened();
    for (const headers of [{}, second.bearer, { authorization: 'Bearer ' }, { authorization: first.bearer.authorization.slice(0, -1) }]) {
      expect(await codeOf(await post(`${first.url}/messages`, { frames: [] }, headers))).toEqual([401, 'notAuthenticated']);
    }
    expect(await codeOf(await post(`${first.url.replace('village', 'harbour')}/messages`, { frames: [] }, first.bearer))).toEqual([401, 'notAuthenticated']);
  });

  test('hands over what is good before what is bad, and names the fault to both sides', async () => {
    const { recorder, url, bearer } = await opened();
    expect((await post(`${url}/messages`, { frames: [frame(heartbeat(1)), frame(heartbeat(2))] }, bearer)).status).toBe(202);
    expect(await codeOf(await post(`${url}/messages`, { frames: [frame(heartbeat(3)), frame({ type: 'heartbeat' }), frame(heartbeat(4))] }, bearer))).toEqual([400, 'invalidMessage']);
    expect(await codeOf(await post(`${url}/messages`, { frames: [frame(heartbeat(5), 'harbour')] }, bearer))).toEqual([400, 'wrongMesh']);
    expect(await codeOf(await post(`${url}/messages`, {}, bearer))).toEqual([400, 'malformedFrame']);
    expect(await codeOf(await post(`${url}/messages`, 'null', bearer))).toEqual([400, 'malformedFrame']);
    expect(recorder.messages.slice(1)).toEqual([heartbeat(1), heartbeat(2), heartbeat(3)]);
    expect(recorder.invalid.map(({ code }) => code)).toEqual(['invalidMessage', 'wrongMesh']);
  });

  test('a goodbye ends the link', async () => {
    const { recorder, url, bearer } = await opened();
    await post(`${url}/messages`, { frames: [frame({ type: 'goodbye' })] }, bearer);
    expect(recorder.ends).toEqual([{ cause: 'closedThere', error: null }]);
    expect((await post(`${url}/messages`, { frames: [] }, bearer)).status).toBe(401);
  });
});

describe('the stream', () => {
  const read = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string | null> => {
    const { done, value } = await reader.read();
    return done ? null : new TextDecoder().decode(value);
  };

  test('carries frames in order, counts them as sent when read, and ends with the reason', async () => {
    const { link, url, bearer } = await opened();
    link.send(heartbeat(1) as WireMessage);
    link.send(heartbeat(2) as WireMessage);
    expect(link.bufferedBytes).toBeGreaterThan(100);
    const response = await links.routes.request(`${url}/messages`, { headers: bearer });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect(await read(reader)).toBe(': open\n\n');
    expect(await read(reader)).toBe([1, 2].map((beat) => `data: ${JSON.stringify(frame(heartbeat(beat)))}\n\n`).join(''));
    expect(link.bufferedBytes).toBe(0);
    link.close(stopping);
    expect(await read(reader)).toContain('"code":"stopping"');
    expect(await read(reader)).toBeNull();
    expect([links.linkCount(), timers]).toEqual([0, []]);
  });

  test('is one in the life of a link, which is lost with it', async () => {
    const { recorder, url, bearer } = await opened();
    const response = await links.routes.request(`${url}/messages`, { headers: bearer });
    expect(await codeOf(await links.routes.request(`${url}/messages`, { headers: bearer }))).toEqual([409, 'notAllowed']);
    await response.body?.cancel();
    expect(recorder.ends).toEqual([{ cause: 'lost' }]);
    expect(links.linkCount()).toBe(0);
  });

  test('needs the secret', async () => {
    const { url } = await opened();
    expect((await links.routes.request(`${url}/messages`)).status).toBe(401);
  });

  test('a reader that takes nothing of what is left is cut off', async () => {
    const { link, url, bearer } = await opened();
    let cuts = 0;
    const env = { outgoing: { destroy: () => { cuts += 1; } } };
    const response = await links.routes.request(`${url}/messages`, { headers: bearer }, env);
    link.send({ type: 'event', module: 'm', index: 1, event: 'x'.repeat(1_000_000) });
    link.close({ code: 'slowConsumer', message: 'Too slow.', next: 'Read.' });
    expect([links.linkCount(), cuts]).toEqual([1, 0]);
    passTimer(2_000);
    expect([links.linkCount(), cuts, link.bufferedBytes]).toEqual([0, 1, 0]);
    await response.body?.cancel();
    expect([cuts, timers]).toEqual([1, []]);
  });

  test('a reader that is too slow loses the link, not the manager its memory', async () => {
    const { link, recorder } = await opened();
    for (let index = 1; index <= 20; index += 1) link.send({ type: 'event', module: 'm', index, event: 'x'.repeat(1_000_000) });
    await recorder.ended();
    expect(recorder.ends).toEqual([{ cause: 'lost' }]);
    expect([link.bufferedBytes, links.linkCount()]).toEqual([0, 0]);
  });
});

describe('time', () => {
  test('without a stream a link dies when nothing is posted, and every post puts that off', async () => {
    const { recorder, url, bearer } = await opened();
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([10_000]);
    const [before] = timers;
    await post(`${url}/messages`, { frames: [] }, bearer);
    expect(timers).toHaveLength(1);
    expect(timers[0]).not.toBe(before);
    passTimer(10_000);
    expect(recorder.ends).toEqual([{ cause: 'lost' }]);
    expect(links.linkCount()).toBe(0);
  });

  test('with a stream open no timer runs', async () => {
    const { url, bearer } = await opened();
    const response = await links.routes.request(`${url}/messages`, { headers: bearer });
    await post(`${url}/messages`, { frames: [] }, bearer);
    expect(timers).toEqual([]);
    await response.body?.cancel();
  });

  test('DELETE ends the link at once', async () => {
    const { recorder, url, bearer } = await opened();
    expect((await links.routes.request(url, { method: 'DELETE' })).status).toBe(401);
    expect((await links.routes.request(url, { method: 'DELETE', headers: bearer })).status).toBe(204);
    expect(recorder.ends).toEqual([{ cause: 'closedThere', error: null }]);
    expect([links.linkCount(), timers]).toEqual([0, []]);
  });
});
