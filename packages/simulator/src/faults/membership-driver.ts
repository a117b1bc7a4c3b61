import type { MembershipChange } from '@raft-mesh/mesh';
import type { NodeId } from '@raft-mesh/raft';
import type { ManagerHost } from '../world/manager-host.ts';
import type { SimulatedRandom } from '../world/simulated-random.ts';
import type { World } from '../world/world.ts';
import type { DamageGuard } from './damage-guard.ts';
import type { FaultKind } from './fault.ts';

const askAgainMs = 200;
/** How many machines there may be at once. */
const machinesMax = 9;

/**
 * Does what an operator would: asks whoever leads to let managers join, leave and hand over, again and again until it has come about
 * or `stop` is called. What was refused did not happen.
 */
export class MembershipDriver {
  readonly #world: World;
  readonly #guard: DamageGuard;
  readonly #random: SimulatedRandom;
  /** Nobody is asked in again under a name that somebody has asked out: it may have read that it left. */
  readonly #askedToLeave = new Set<NodeId>();
  #stopped = false;

  constructor(world: World, guard: DamageGuard) {
    this.#world = world;
    this.#guard = guard;
    this.#random = world.randomFor('membership');
  }

  /** Asks for nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  /** A new machine joins. */
  join(whenDone: () => void): void {
    const { hosts } = this.#world;
    if (hosts.filter(({ state }) => state !== 'removed').length < machinesMax) this.enter(this.#world.addManager(null), whenDone);
  }

  /** A voter leaves, unless the others could not go on without it. */
  leave(host: ManagerHost, kind: FaultKind): void {
    const { node } = host;
    let wasIn = false;
    this.#untilDone(() => {
      const isOut = this.#isOut(node);
      wasIn ||= !isOut;
      // Whoever is about to come may be in tomorrow, by what is appended already: its machine must be there then.
      if (!wasIn) return false;
      if (isOut) {
        this.#world.witness.happened(kind);
        this.#removeLater(host, [node]);
        return true;
      }
      if (!this.#guard.mayLeave([node])) return false;
      this.#guard.askedToLeave(node);
      this.#askedToLeave.add(node);
      this.#ask({ kind: 'remove', id: node });
      return false;
    });
  }

  /** A new machine takes the place of another. */
  replace(host: ManagerHost): void {
    this.join(() => this.leave(host, 'replace'));
  }

  /** New machines come, and then as many others leave in one change, unless they have left by then. */
  reshape(hosts: readonly ManagerHost[]): void {
    let awaited = hosts.length;
    for (const _ of hosts) {
      this.join(() => {
        awaited -= 1;
        if (awaited === 0) this.#leaveTogether(hosts.filter(({ node }) => this.#isVoter(node)));
      });
    }
  }

  #leaveTogether(hosts: readonly ManagerHost[]): void {
    const leaving = hosts.map(({ node }) => node);
    if (leaving.length < 2) return;
    this.#untilDone(() => {
      if (leaving.some((node) => this.#isOut(node))) {
        if (leaving.every((node) => this.#isOut(node))) this.#world.witness.happened('reshape');
        for (const host of hosts) this.#removeLater(host, leaving);
        return true;
      }
      const known = this.#world.leader?.status?.configuration;
      if (known === undefined || !this.#guard.mayLeave(leaving)) return false;
      for (const node of leaving) { this.#guard.askedToLeave(node); this.#askedToLeave.add(node); }
      this.#ask({ kind: 'set', voters: known.voters.filter(({ id }) => !leaving.includes(id)), learners: known.learners });
      return false;
    });
  }

  /** It goes on for a while and may not disturb anyone. */
  #removeLater(host: ManagerHost, leaving: readonly NodeId[]): void {
    this.#world.loop.after(this.#random.below(3_000), () => { if (leaving.includes(host.node) && this.#isOut(host.node)) host.remove(); });
  }

  transfer(to: NodeId | null): void {
    const { leader, witness } = this.#world;
    if (leader === null || leader.process?.paused === true) return;
    void leader.manager?.transferLeadership(to).then((result) => { if (result.done) witness.happened('transfer'); });
  }

  /** A machine with no disk comes in as a node that never was before, and is done when it has a vote. */
  enter(host: ManagerHost, whenDone: () => void = () => {}): void {
    const member = host.nextMember;
    let wasIn = false;
    this.#untilDone(() => {
      if (host.state === 'removed') return true;
      const isOut = this.#isOut(member.id);
      // Whoever was taken out again never comes back under that name.
      if (wasIn && isOut) return true;
      wasIn ||= !isOut || this.#askedToLeave.has(member.id);
      // Its new disk may be gone by now as well: then another of these goes on.
      const goesIn = host.state === 'retired' ? host.nextMember.id : host.node;
      if (goesIn !== member.id) return true;
      const known = this.#world.leader?.status?.configuration;
      if (known === undefined) return false;
      const isMember = [...known.learners, ...known.voters].some((other) => other.id === member.id);
      if (!isMember) {
        if (!this.#askedToLeave.has(member.id)) this.#ask({ kind: 'join', member });
        return false;
      }
      if (host.state === 'retired') {
        this.#world.beginAnew(host, known);
        host.start();
      }
      if (!this.#isVoter(member.id)) return false;
      whenDone();
      return true;
    });
  }

  #isVoter(node: NodeId): boolean {
    return this.#guard.configuration.voters.some(({ id }) => id === node);
  }

  #isOut(node: NodeId): boolean {
    const { voters, votersOutgoing, learners } = this.#guard.configuration;
    return ![...voters, ...votersOutgoing, ...learners].some(({ id }) => id === node);
  }

  #ask(change: MembershipChange): void {
    const { leader } = this.#world;
    if (leader === null || leader.process?.paused === true) return;
    // Whether it comes about is seen in the configurations; an answer may never come.
    void leader.manager?.changeMembership(change);
  }

  #untilDone(step: () => boolean): void {
    const again = (): void => {
      if (this.#stopped || step()) return;
      this.#world.loop.after(askAgainMs, again);
    };
    again();
  }
}
