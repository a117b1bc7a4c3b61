import { afterEach, expect, test } from '@jest/globals';
import type { WireMessage } from '@raft-mesh/protocol';
import { LinkRecorder } from '@raft-mesh/testkit/suites/transport';
import { createHttpDialer } from '@raft-mesh/transport-http';

// The dialer against a `fetch` that the test answers.

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly authorization: string | null;
  readonly signal: AbortSignal;
  answer(status: number, body?: unknown): void;
  stream(body: ReadableStream<Uint8Array>): void;
  fail(error: Error): void;
}

const frame = (message: unknown) => ({ mesh: 'village', incarnation: 1, message });
const heartbeat = (beat: number): WireMessage => ({ type: 'heartbeat', beat });

const unanswered = new Set<Asked>();
afterEach(() => {
  for (const asked of unanswered) asked.fail(new Error('the test is over'));
  unanswered.clear();
});

function dialed() {
  const asked: Asked[] = [];
  const recorder = new LinkRecorder();
  let onAsked = (): void => {};
  const dialer = createHttpDialer({
    fetch: (input, init) => new Promise((resolve, reject) => {
      const headers = new Headers(init?.headers);
      init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      asked.push({
        method: init?.method ?? 'GET', path: new URL(input as string).pathname, body: typeof init?.body === 'string' ? JSON.parse(init.body) : null, authorization: headers.get('authorization'),
        signal: init?.signal as AbortSignal,
        answer: (status, body) => resolve(new Response(body === undefined ? null : JSON.stringify(body), { status })),
        stream: (body) => resolve(new Response(body, { status: 200 })),
        fail: reject,
      });
      for (const request of asked) unanswered.add(request);
      onAsked();
    }),
  });
  const link = dialer.dial('http://m1.test', { mesh: 'village', incarnation: 1 }, recorder);
  const request = async (place: number): Promise<Asked> => {
    for (;;) {
      const found = asked[place];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => { onAsked = resolve; });
    }
  };
  return { link, recorder, asked, request };
}

/** A link that was opened with `heartbeat(0)` as its first message. */
async function opened() {
  const parts = dialed();
  parts.link.send(heartbeat(0));
  (await parts.request(0)).answer(201, { link: 'l 1', linkSecret: 'hush', frames: [frame(heartbeat(100))] });
  await parts.recorder.until(() => parts.recorder.messages.length === 1);
  const stream = await parts.request(1);
  return { ...parts, stream };
}

test('the first message opens the link; what it was answered arrives before the stream is asked for', async () => {
  const { recorder, asked, stream } = await opened();
  expect(asked[0]).toMatchObject({ method: 'POST', path: '/api/v1/meshes/village/links', body: frame(heartbeat(0)), authorization: null });
  expect(stream).toMatchObject({ method: 'GET', path: '/api/v1/meshes/village/links/l%201/messages', authorization: 'Bearer hush' });
  expect(recorder.messages).toEqual([heartbeat(100)]);
});

test('what is sent in one turn shares a POST, and the next waits until that is answered', async () => {
  const { link, asked, request } = await opened();
  link.send(heartbeat(1));
  link.send(heartbeat(2));
  const first = await request(2);
  expect(first).toMatchObject({ method: 'POST', path: '/api/v1/meshes/village/links/l%201/messages', body: { frames: [frame(heartbeat(1)), frame(heartbeat(2))] }, authorization: 'Bearer hush' });
  link.send(heartbeat(3));
  link.send(heartbeat(4));
  await new Promise((resolve) => { setImmediate(resolve); });
  expect(asked).toHaveLength(3);
  expect(link.bufferedBytes).toBeGreaterThan(0);
  first.answer(202);
  const second = await request(3);
  expect(second.body).toEqual({ frames: [frame(heartbeat(3)), frame(heartbeat(4))] });
  second.answer(202);
  while (link.bufferedBytes > 0) await new Promise((resolve) => { setImmediate(resolve); });
});

test('a body stays within the limit', async () => {
  const { link, request } = await opened();
  for (let index = 1; index <= 3; index += 1) link.send({ type: 'event', module: 'm', index, event: 'é'.repeat(200_000) });
  const first = await request(2);
  expect((first.body as { frames: unknown[] }).frames).toHaveLength(2);
  first.answer(202);
  expect(((await request(3)).body as { frames: unknown[] }).frames).toHaveLength(1);
});

test('events arrive however the stream is cut', async () => {
  const { recorder, stream } = await opened();
  const bytes = new TextEncoder().encode(`: open\n\n${[1, 2].map((index) => `data: ${JSON.stringify(frame({ type: 'event', module: 'm', index, event: '🐺' }))}\n\n`).join('')}`);
  stream.stream(new ReadableStream({ start(controller) { for (const byte of bytes) controller.enqueue(Uint8Array.of(byte)); } }));
  await recorder.until(() => recorder.messages.length === 3);
  expect(recorder.messages[2]).toEqual({ type: 'event', module: 'm', index: 2, event: '🐺' });
});

test('an event that is no frame of this mesh is told, and the link lives', async () => {
  const { recorder, stream } = await opened();
  const events = ['{', JSON.stringify(frame({ type: 'nonsense' })), JSON.stringify({ ...frame(heartbeat(1)), mesh: 'harbour' })];
  stream.stream(new ReadableStream({ start(controller) { for (const event of events) controller.enqueue(new TextEncoder().encode(`data: ${event}\n\n`)); } }));
  await recorder.until(() => recorder.invalid.length === 3);
  expect(recorder.invalid.map(({ code }) => code)).toEqual(['malformedFrame', 'unknownMessage', 'wrongMesh']);
  expect(recorder.ends).toEqual([]);
});

test('the end of the stream is the end of the link, and of what is under way', async () => {
  const { link, recorder, stream, request } = await opened();
  link.send(heartbeat(1));
  const post = await request(2);
  stream.stream(new ReadableStream({ start(controller) { controller.close(); } }));
  expect(await recorder.ended()).toEqual({ cause: 'lost' });
  expect(post.signal.aborted).toBe(true);
  expect(link.bufferedBytes).toBe(0);
});

test.each([
  ['a refused connection', (asked: Asked) => asked.fail(Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }) })), { cause: 'refused' }],
  ['a broken one', (asked: Asked) => asked.fail(new TypeError('fetch failed')), { cause: 'lost' }],
  ['a problem', (asked: Asked) => asked.answer(401, { type: 'about:blank', title: 'Token expired', status: 401, code: 'tokenExpired', detail: 'It expired.', next: 'Get another.' }), { cause: 'closedThere', error: { code: 'tokenExpired', message: 'It expired.', next: 'Get another.' } }],
  ['something that is no manager', (asked: Asked) => asked.answer(200, '<html>'), { cause: 'closedThere', error: expect.objectContaining({ code: 'internal' }) }],
  ['a 201 without a link', (asked: Asked) => asked.answer(201, null), { cause: 'closedThere', error: expect.objectContaining({ code: 'internal' }) }],
])('%s ends the link once', async (_name, answer, end) => {
  const { link, recorder, request } = dialed();
  link.send(heartbeat(0));
  link.send(heartbeat(1));
  answer(await request(0));
  expect(await recorder.ended()).toEqual(end);
  link.send(heartbeat(2));
  link.close();
  await new Promise((resolve) => { setImmediate(resolve); });
  expect(recorder.ends).toHaveLength(1);
});

test('a close lets what was sent before it leave, then deletes the link', async () => {
  const { link, recorder, request, stream } = await opened();
  link.send(heartbeat(1));
  link.close({ code: 'stopping', message: 'Bye.', next: 'Nothing.' });
  expect(await recorder.ended()).toEqual({ cause: 'closedHere' });
  const post = await request(2);
  expect(post.body).toEqual({ frames: [frame(heartbeat(1)), frame({ type: 'error', code: 'stopping', message: 'Bye.', next: 'Nothing.', fatal: true })] });
  post.answer(202);
  const last = await request(3);
  expect(last).toMatchObject({ method: 'DELETE', path: '/api/v1/meshes/village/links/l%201', authorization: 'Bearer hush' });
  last.answer(204);
  while (!stream.signal.aborted) await new Promise((resolve) => { setImmediate(resolve); });
});
