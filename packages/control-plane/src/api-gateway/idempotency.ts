import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import { sha256, succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import { Draw } from '../mesh-manager/draw.ts';
import { problems } from '../mesh-manager/problems.ts';
import { recordBytesMax } from '../state-manager/control-store.ts';
import type { ControlStore } from '../state-manager/control-store.ts';
import { storedDocument } from '../state-manager/stored-document.ts';
import { Sweep, expiresAtMsOf } from '../state-manager/sweep.ts';
import type { RenderedAnswer } from './rendered-answer.ts';

const lifetimeMs = 24 * 60 * 60 * 1000;
/** Requests that are remembered at one time, by all copies together. */
const requestsMax = 100_000;
/** Looking for what is past its time, and counting, cost: they are done once in so many new requests. */
const tidiedEvery = 64;
const sweepMax = 256;
const attemptsMax = 8;
const cipher = { name: 'aes-256-gcm', nonceBytes: 12, tagBytes: 16 } as const;

const requestRecord = z.object({
  bodySha256: z.string(), salt: z.string(), expiresAtMs: z.number(),
  /** `null` while nothing is answered yet. The body, sealed, is the record's bytes. */
  answer: z.nullable(z.object({ status: z.number(), contentType: z.nullable(z.string()), nonce: z.string() })),
});
type RequestRecord = z.infer<typeof requestRecord>;
const requestDocument = storedDocument<RequestRecord>({ name: 'answered request', schema: requestRecord, upgrades: [] });

/** What makes two requests the same one. */
export interface RepeatableRequest {
  /** The header `Idempotency-Key`. */
  readonly key: string;
  /** Method and path. */
  readonly target: string;
  /** The bearer token; another caller's request is another request. */
  readonly token: string | null;
  readonly body: Uint8Array;
}

/**
 * The same request with the same `Idempotency-Key` gets the same answer for a day, from any copy of the control plane, also when the copy that did it
 * first was killed half-way. What is kept before the work begins is only what its draw is made of: whoever does the work again draws the
 * same names and finds what is there already. So nobody waits for a copy that may be dead, and two at once come to the same end.
 *
 * Answers may hold secrets that are kept as hashes elsewhere: they are sealed with a key made of the caller's token and the request itself, which are not kept.
 */
export class Idempotency {
  readonly #store: ControlStore;
  readonly #nowMs: () => number;
  readonly #sweep: Sweep;
  #claims = 0;
  #isFull = false;

  constructor(store: ControlStore, nowMs: () => number) {
    this.#store = store;
    this.#nowMs = nowMs;
    this.#sweep = new Sweep(store, 'requests', sweepMax);
  }

  async answer(request: RepeatableRequest, run: (draw: Draw) => Promise<RenderedAnswer>): Promise<Result<RenderedAnswer & { readonly isRepeated: boolean }>> {
    if (!/^[\x21-\x7e]{1,255}$/.test(request.key)) return problems.idempotencyKeyInvalid();
    // Without a token nobody can tell callers apart: then only the very same request is the same one.
    const id = sha256([request.token === null ? `body ${sha256(request.body)}` : `token ${sha256(request.token)}`, request.target, request.key].join('\n'));
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const claimed = await this.#claim(id, sha256(request.body));
      if (!claimed.ok) return claimed;
      const { record, sealed, version } = claimed.value;
      const secrets = secretsOf(request, Buffer.from(record.salt, 'base64url'));
      if (record.answer !== null) {
        const body = sealed === null ? new Uint8Array() : unseal(sealed, Buffer.from(record.answer.nonce, 'base64url'), secrets.sealing);
        return succeeded({ ...record.answer, body, isRepeated: true });
      }
      const answer = await run(new Draw(secrets.draw));
      if (!isLasting(answer) || answer.body.length > recordBytesMax - cipher.tagBytes) return succeeded({ ...answer, isRepeated: false });
      const nonce = randomBytes(cipher.nonceBytes);
      const next: RequestRecord = { ...record, answer: { status: answer.status, contentType: answer.contentType, nonce: nonce.toString('base64url') } };
      const isFirst = await this.#store.replace('requests', id, { value: requestDocument.write(next), bytes: seal(answer.body, nonce, secrets.sealing) }, version);
      if (isFirst) return succeeded({ ...answer, isRepeated: false });
      // Another copy has answered meanwhile: everybody gets that answer.
    }
    return problems.changedMeanwhile();
  }

  /** The record of this request, made when there is none. */
  async #claim(id: string, bodySha256: string): Promise<Result<{ readonly record: RequestRecord; readonly sealed: Uint8Array | null; readonly version: string }>> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const stored = await this.#store.read('requests', id);
      if (stored !== null) {
        const record = requestDocument.read(id, stored.value);
        if (record.expiresAtMs > this.#nowMs()) return record.bodySha256 === bodySha256 ? succeeded({ record, sealed: stored.bytes, version: stored.version }) : problems.idempotencyKeyReused();
        await this.#store.remove('requests', id);
      }
      if (!await this.#hasRoom()) return problems.tooManyRequestsKept(requestsMax);
      const record: RequestRecord = { bodySha256, salt: randomBytes(32).toString('base64url'), expiresAtMs: this.#nowMs() + lifetimeMs, answer: null };
      await this.#store.create('requests', id, { value: requestDocument.write(record), bytes: null });
    }
    return problems.changedMeanwhile();
  }

  async #hasRoom(): Promise<boolean> {
    this.#claims += 1;
    if (!this.#isFull && this.#claims % tidiedEvery !== 1) return true;
    for (const { id, record } of await this.#sweep.next()) {
      if (record !== null && expiresAtMsOf(record.value) <= this.#nowMs()) await this.#store.remove('requests', id);
    }
    this.#isFull = await this.#store.count('requests') >= requestsMax;
    return !this.#isFull;
  }
}

/** Not what may be otherwise in a moment. */
function isLasting({ status, body }: RenderedAnswer): boolean {
  return status < 500 && status !== 429 && !(status === 409 && Buffer.from(body).toString('utf8').includes('"code":"changedMeanwhile"'));
}

function secretsOf({ key, target, token, body }: RepeatableRequest, salt: Uint8Array): { readonly draw: Uint8Array; readonly sealing: Uint8Array } {
  const material = JSON.stringify([token, target, key, Buffer.from(body).toString('base64url')]);
  const derive = (purpose: string) => new Uint8Array(hkdfSync('sha256', material, salt, `raft-mesh ${purpose}`, 32));
  return { draw: derive('draw'), sealing: derive('answer') };
}

function seal(body: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array {
  const sealing = createCipheriv(cipher.name, key, nonce);
  return new Uint8Array(Buffer.concat([sealing.update(body), sealing.final(), sealing.getAuthTag()]));
}

/** Throws when it was altered. */
function unseal(sealed: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array<ArrayBuffer> {
  const unsealing = createDecipheriv(cipher.name, key, nonce);
  unsealing.setAuthTag(sealed.subarray(sealed.length - cipher.tagBytes));
  return new Uint8Array(Buffer.concat([unsealing.update(sealed.subarray(0, -cipher.tagBytes)), unsealing.final()]));
}
