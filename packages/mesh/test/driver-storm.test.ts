import { describe, expect, test } from '@jest/globals';
import type { NodeId } from '@raft-mesh/raft';
import type { AgentId, SessionId } from '@raft-mesh/state-machine';
import { admitRecord } from '@raft-mesh/state-machine';
import { MemoryManagerStore, SeededRandom, SimulatedClock, emptyPersistedState } from '@raft-mesh/testkit';
import { Life } from './driver-storm-node.ts';
import type { Surroundings } from './driver-storm-node.ts';

// Goal: whatever processes, disks and the network do, what was answered stays, happened once, and is the same everywhere.
// Method: whole stacks from driver to state, on disks that flush when they like and lose what they have not, and on a network
// that loses, doubles and reorders Raft's messages; clients that send again until they are answered.

interface Client {
  readonly agent: AgentId;
  readonly session: SessionId;
  sequence: number;
  alarm: string | null;
  /** Where the open command was given last, and what takes it back. */
  at: { readonly life: Life; readonly cancel: () => void } | null;
}

class Storm {
  readonly clock = new SimulatedClock(1_000);
  readonly random: SeededRandom;
  readonly ids = ['a', 'b', 'c'].map((id) => id as NodeId);
  readonly lives = new Map<NodeId, Life>();
  readonly stores = new Map<NodeId, MemoryManagerStore>();
  readonly clients: Client[];
  readonly answers: number[] = [];
  readonly alarmsSet = new Set<string>();
  readonly digests = new Map<number, string>();
  readonly brokenDisks = new Set<Life>();
  readonly surprises: string[] = [];
  readonly cut = new Set<string>();
  /** Of a hundred chances to flush, so many pass unused: what waits then goes in one. */
  readonly idleDiskPercent: number;
  isCalm = false;
  accepting = true;
  restores = 0;
  reads = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.idleDiskPercent = [10, 50, 90][seed % 3]!;
    const configuration = { voters: this.ids.map((id) => ({ id, address: id })), votersOutgoing: [], learners: [] };
    for (const id of this.ids) this.stores.set(id, new MemoryManagerStore(emptyPersistedState(configuration), { kind: 'manual' }));
    this.clients = Array.from({ length: 6 }, (_, at) => ({ agent: `agent-${at}` as AgentId, session: `session-${at}` as SessionId, sequence: 0, alarm: null, at: null }));
    this.#flushNowAndThen();
  }

  draw(below: number): number { return this.random.integerBelow(below); }

  pick<Item>(items: readonly Item[]): Item { return items.at(this.draw(items.length))!; }

  async start(id: NodeId): Promise<void> {
    if (this.lives.has(id)) return;
    this.lives.set(id, await Life.begin(this.#around(id), this.stores.get(id)!));
  }

  /** Power off: of what waits for its flush, some has reached the disk untold, the rest is lost. */
  crash(id: NodeId): void {
    const life = this.lives.get(id);
    if (life === undefined) return;
    life.end();
    this.lives.delete(id);
    this.stores.set(id, life.store.crash(this.draw(life.store.flushes.waiting + 1)));
    for (const other of this.lives.values()) {
      other.proposals.unreachable(id);
      if (this.draw(4) > 0) other.driver.linkLost(id);
    }
  }

  breakDisk(id: NodeId): void {
    const life = this.lives.get(id);
    if (life === undefined) return;
    this.brokenDisks.add(life);
    life.store.flushes.fail(new Error('the disk is broken'));
  }

  /** A read that comes back must show everything answered before it was asked for. */
  read(): void {
    const life = this.lives.get(this.pick(this.ids));
    const answered = Math.max(0, ...this.answers);
    life?.driver.read((result) => {
      if (!result.ready) return;
      this.reads += 1;
      if (life.book.total < answered) this.surprises.push(`a read showed ${life.book.total} after ${answered} had been answered`);
    });
  }

  /** Each client has one command open: it gives it to somebody else when it is refused, and when its manager has died. */
  tick(): void {
    for (const client of this.clients) {
      if (client.at !== null && client.at.life.over) client.at = null;
      if (client.at !== null) {
        // An impatient client asks another manager too.
        if (this.draw(40) > 0) continue;
        client.at.cancel();
        client.at = null;
      }
      const open = client.sequence > 0 && !this.#isAnswered(client);
      if (!open && !this.accepting) continue;
      const life = this.lives.get(this.pick(this.ids));
      if (life === undefined) continue;
      if (!open) {
        client.sequence += 1;
        client.alarm = this.draw(8) === 0 ? `${client.agent}/${client.sequence}` : null;
      }
      const { agent, session, sequence, alarm } = client;
      const inMs = sequence * 37 % 900;
      let cancel = () => {};
      const at = { life, cancel: () => cancel() };
      client.at = at;
      cancel = life.submit({ kind: 'command', agent, session, sequence, acknowledgedThrough: sequence - 1, module: 'book', command: 'add', arguments: { alarm, inMs }, random: null }, (end) => {
        if (end.ended === 'refused' && client.at === at) client.at = null;
      });
    }
  }

  get isAnswered(): boolean { return this.clients.every((client) => this.#isAnswered(client)); }

  readonly #answered = new Set<string>();
  #isAnswered({ agent, sequence }: Client): boolean { return this.#answered.has(`${agent}/${sequence}`); }

  async admitAll(): Promise<void> {
    let admitted = 0;
    const admit = (client: Client) => {
      this.lives.get(this.pick(this.ids))?.submit(admitRecord({
        tokenId: client.agent, agent: client.agent, name: client.agent, kind: 'cli', accessRole: 'worker', permissions: ['*'], resumeSecretHash: client.agent, session: client.session,
      }), (end) => { if (end.ended === 'applied' && end.outcome?.status === 'committed') admitted += 1; else admit(client); });
    };
    for (const client of this.clients) admit(client);
    await this.clock.advanceUntil(() => admitted === this.clients.length, 20_000);
  }

  #around(id: NodeId): Surroundings {
    const { clock } = this;
    return {
      id, clock, random: new SeededRandom(this.random.next()), raft: { snapshotChunkBytesMax: 700, appendBytesMax: 600, inflightMessagesMax: 4, inflightBytesMax: 2_000 },
      send: (to, message) => {
        const from = this.lives.get(id);
        if (this.cut.has(`${id} ${to}`) || (!this.isCalm && this.draw(100) < 6)) return;
        const copies = !this.isCalm && this.draw(100) < 6 ? 2 : 1;
        for (let copy = 0; copy < copies; copy += 1) {
          clock.setTimer(this.isCalm ? 1 : this.draw(25), () => { if (from?.over !== true || !this.isCalm) this.lives.get(to)?.driver.receive(id, message); });
        }
      },
      pass: (to, deliver) => {
        const life = this.lives.get(to);
        if (life === undefined) return false;
        clock.setTimer(this.isCalm ? 1 : this.draw(20), () => { if (!life.over) deliver(life.proposals); });
        return true;
      },
      onApplied: (index, digest) => {
        const known = this.digests.get(index);
        if (known === undefined) this.digests.set(index, digest);
        else if (known !== digest) this.surprises.push(`${id} differs at index ${index}`);
      },
      onOutcome: (life, agent, sequence, outcome) => {
        const client = this.clients.find((candidate) => candidate.agent === agent)!;
        if (client.at?.life !== life || client.sequence !== sequence) return;
        client.at.cancel();
        client.at = null;
        if (outcome.status === 'refused') {
          if (outcome.refusal.code !== 'sequenceGap') this.surprises.push(`${agent} ${sequence}: ${outcome.refusal.code}`);
          return;
        }
        this.#answered.add(`${agent}/${sequence}`);
        this.answers.push(Number(outcome.answer));
        if (client.alarm !== null) this.alarmsSet.add(client.alarm);
      },
      onRestored: () => { this.restores += 1; },
      onStopped: (life, reason) => {
        if (!this.brokenDisks.has(life)) this.surprises.push(`${id} stopped: ${reason}`);
        this.lives.delete(id);
        this.stores.set(id, life.store.crash());
        for (const other of this.lives.values()) { other.proposals.unreachable(id); other.driver.linkLost(id); }
      },
    };
  }

  #flushNowAndThen(): void {
    for (const { store } of this.lives.values()) {
      const { waiting } = store.flushes;
      if (waiting > 0 && (this.isCalm || this.draw(100) >= this.idleDiskPercent)) store.flushes.flush(this.isCalm ? waiting : 1 + this.draw(waiting));
    }
    this.clock.setTimer(2, () => this.#flushNowAndThen());
  }
}

async function disturb(storm: Storm): Promise<void> {
  const id = storm.pick(storm.ids);
  switch (storm.draw(16)) {
    case 0: storm.crash(id); return;
    case 1: for (const one of storm.ids) if (storm.draw(8) === 0) storm.crash(one); return;
    case 2: case 3: case 4: await storm.start(id); return;
    case 5: storm.breakDisk(id); return;
    case 6: storm.cut.add(`${id} ${storm.pick(storm.ids)}`); return;
    case 7: for (const other of storm.ids) { storm.cut.add(`${id} ${other}`); storm.cut.add(`${other} ${id}`); } return;
    case 8: case 9: case 10: storm.cut.clear(); return;
    case 11: storm.lives.get(id)?.driver.linkLost(storm.pick(storm.ids)); return;
    case 12: case 13: storm.read(); return;
    default:
  }
}

async function rage(seed: number): Promise<Storm> {
  const storm = new Storm(seed);
  for (const id of storm.ids) await storm.start(id);
  await storm.admitAll();
  for (let round = 0; round < 250; round += 1) {
    storm.tick();
    await storm.clock.advance(storm.draw(40));
    if (storm.draw(3) === 0) await disturb(storm);
  }
  storm.isCalm = true;
  storm.accepting = false;
  storm.cut.clear();
  const isDone = () => storm.isAnswered && storm.lives.size === 3 && new Set([...storm.lives.values()].map(({ replica }) => replica.machine.appliedIndex)).size === 1
    && [...storm.lives.values()].every(({ book }) => Object.keys(book.alarms).length === 0);
  for (let round = 0; round < 2_000 && !isDone(); round += 1) {
    for (const id of storm.ids) await storm.start(id);
    storm.tick();
    await storm.clock.advance(10);
  }
  expect(isDone()).toBe(true);
  return storm;
}

describe('drivers in a storm', () => {
  test('what was answered stays, happened once, and is the same everywhere', async () => {
    const seeds = Number(process.env['STORM_SEEDS'] ?? 25);
    let answered = 0;
    let restores = 0;
    let reads = 0;
    for (let seed = 1; seed <= seeds; seed += 1) {
      try {
        const storm = await rage(seed);
        expect(storm.surprises).toEqual([]);
        expect(storm.answers.toSorted((one, other) => one - other)).toEqual(storm.answers.map((_, at) => at + 1));
        for (const { replica, book } of storm.lives.values()) {
          expect(book.total).toBe(storm.answers.length);
          expect(book.rang).toEqual(Object.fromEntries([...storm.alarmsSet].map((alarm) => [alarm, 1])));
          expect(replica.stateDigest).toBe([...storm.lives.values()][0]?.replica.stateDigest);
        }
        answered += storm.answers.length;
        restores += storm.restores;
        reads += storm.reads;
        for (const life of storm.lives.values()) life.end();
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    }
    // A storm in which nothing happens proves nothing.
    expect(answered).toBeGreaterThan(300);
    expect(restores).toBeGreaterThan(10);
    expect(reads).toBeGreaterThan(20);
  });
});
