import * as z from 'zod/mini';
import type { control } from '@raft-mesh/protocol';
import { sha256, succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import type { ControlStore } from '../state-manager/control-store.ts';
import { Sweep, expiresAtMsOf } from '../state-manager/sweep.ts';
import { storedDocument } from '../state-manager/stored-document.ts';
import { Together } from '../state-manager/together.ts';
import type { Draw } from './draw.ts';
import type { MeshRecord } from './mesh-record.ts';
import type { Meshes } from './meshes.ts';
import { problems } from './problems.ts';
import { issueJoinToken } from './tokens.ts';

const invitationRecord = z.object({
  mesh: z.string(), meshPublicKey: z.string(), accessRole: z.enum(['worker', 'spectator']), permissions: z.array(z.string()), expiresAtMs: z.number(), usesLeft: z.number(),
  /** The last requests that were counted (see `Draw`): one that comes again is not counted again. */
  usedBy: z.array(z.string()),
});
const invitationDocument = storedDocument<z.infer<typeof invitationRecord>>({
  name: 'invitation', schema: invitationRecord,
  // 2: requests are known.
  upgrades: [(before) => ({ ...before, usedBy: [] })],
});

const lifetimeSeconds = { usual: 12 * 60 * 60, max: 30 * 24 * 60 * 60 };
const uses = { usual: 64, max: 10_000 };
const attemptsMax = 16;
const codeLength = 24;
const usedByMax = 128;
const together = { atOnceMax: 64, waitingMax: 4_096 };
const sweepMax = 200;

interface Counted extends Pick<z.infer<typeof invitationRecord>, 'accessRole' | 'permissions'> { readonly mesh: MeshRecord }

/** Links that admit several agents: each use buys a join token of its own. Only the hash of a code is kept. */
export class Invitations {
  readonly #store: ControlStore;
  readonly #meshes: Meshes;
  readonly #nowMs: () => number;
  readonly #sweep: Sweep;
  readonly #uses: Together<string, Result<Counted>>;

  constructor(store: ControlStore, meshes: Meshes, nowMs: () => number) {
    this.#store = store;
    this.#sweep = new Sweep(store, 'invitations', sweepMax);
    this.#meshes = meshes;
    this.#nowMs = nowMs;
    this.#uses = new Together(together, (id, requests) => this.#count(id, requests));
  }

  /** `pageUrl`: what the link leads to; the code goes into its fragment, which browsers keep to themselves. */
  async create(record: MeshRecord, body: z.infer<typeof control.createInvitation>, pageUrl: string, draw: Draw): Promise<Result<control.Invitation>> {
    const lifetime = body.expiresInSeconds ?? lifetimeSeconds.usual;
    const usesMax = body.usesMax ?? uses.usual;
    if (lifetime > lifetimeSeconds.max) return problems.lifetimeTooLong(lifetimeSeconds.max);
    if (usesMax > uses.max) return problems.tooManyUses(uses.max);
    const code = draw.identifier('code', codeLength);
    const expiresAtMs = this.#nowMs() + lifetime * 1000;
    const { mesh, publicKey } = record.description;
    await this.#removeExpired();
    const invitation = { mesh, meshPublicKey: publicKey, accessRole: body.accessRole, permissions: body.permissions, expiresAtMs, usesLeft: usesMax, usedBy: [] };
    // One that is there already is this request's own, done before.
    await this.#store.create('invitations', sha256(code), { value: invitationDocument.write(invitation), bytes: null });
    return succeeded({ code, url: `${pageUrl}#invitation=${code}`, expiresAt: new Date(expiresAtMs).toISOString(), usesMax });
  }

  /** A use is counted before its token is made: an answer lost on the way costs a use, and never gives two for one. */
  async redeem(code: string, name: string, draw: Draw): Promise<Result<z.infer<typeof control.joinToken>>> {
    if (code.length !== codeLength) return problems.invitationNotFound();
    const counting = this.#uses.add(sha256(code), draw.request);
    if (counting === null) return problems.tooManyAtOnce();
    const counted = await counting;
    if (!counted.ok) return counted;
    return issueJoinToken(counted.value.mesh, { accessRole: counted.value.accessRole, permissions: counted.value.permissions, name }, this.#nowMs(), draw);
  }

  /** Takes a use for each request that has none yet, all in one write: a link that is opened by a whole room at once is one record. */
  async #count(id: string, requests: readonly string[]): Promise<readonly Result<Counted>[]> {
    const all = (result: Result<Counted>) => requests.map(() => result);
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const stored = await this.#store.read('invitations', id);
      if (stored === null) return all(problems.invitationNotFound());
      const invitation = invitationDocument.read(id, stored.value);
      const mesh = await this.#meshes.find(invitation.mesh);
      // A mesh deleted and made again under the same name is another mesh: it has another key.
      if (!mesh.ok || mesh.value.description.publicKey !== invitation.meshPublicKey || invitation.expiresAtMs <= this.#nowMs()) {
        await this.#store.remove('invitations', id);
        return all(problems.invitationNotFound());
      }
      const admitted = new Set(invitation.usedBy);
      const fresh = [...new Set(requests)].filter((request) => !admitted.has(request)).slice(0, invitation.usesLeft);
      for (const request of fresh) admitted.add(request);
      const next = { ...invitation, usesLeft: invitation.usesLeft - fresh.length, usedBy: [...invitation.usedBy, ...fresh].slice(-usedByMax) };
      if (fresh.length === 0 || await this.#store.replace('invitations', id, { value: invitationDocument.write(next), bytes: null }, stored.version)) {
        const { accessRole, permissions } = invitation;
        return requests.map((request) => (admitted.has(request) ? succeeded({ mesh: mesh.value, accessRole, permissions }) : problems.invitationUsedUp()));
      }
    }
    return all(problems.changedMeanwhile());
  }

  /** Links that nobody opened again must not stay for ever; making one is the time to look at some others. */
  async #removeExpired(): Promise<void> {
    for (const { id, record } of await this.#sweep.next()) {
      if (record !== null && expiresAtMsOf(record.value) <= this.#nowMs()) await this.#store.remove('invitations', id);
    }
  }
}
