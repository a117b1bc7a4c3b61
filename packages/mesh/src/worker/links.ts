import type { ManagerAddress, ManagerId, MeshIdentity } from '@raft-mesh/protocol';
import type { ManagerLink } from './manager-link.ts';

/** The links to all managers known, and which of them to use. */
export class Links {
  readonly #links = new Map<ManagerId, ManagerLink>();
  #leader: ManagerId | null = null;
  #term = 0;
  #turn = 0;
  #areHeld = false;
  readonly #create: (address: ManagerAddress) => ManagerLink;

  constructor(create: (address: ManagerAddress) => ManagerLink) {
    this.#create = create;
  }

  /** Dials one of these only; the others wait for `dialAll`. */
  beginWith(one: ManagerAddress, managers: readonly ManagerAddress[]): void {
    for (const address of managers) this.#links.set(address.id, this.#create(address));
    this.#links.get(one.id)?.dial();
    this.#areHeld = true;
  }

  /** Those that wait since `beginWith` wait no more. */
  dialAll(): void {
    if (!this.#areHeld) return;
    this.#areHeld = false;
    for (const link of this.#links.values()) link.begin();
  }

  /** Dials the managers that are new, notes who has moved, and leaves those that are gone, which it returns. */
  setManagers(managers: readonly ManagerAddress[]): readonly ManagerLink[] {
    const gone = this.all().filter((link) => !managers.some(({ id }) => id === link.manager));
    for (const link of gone) this.#links.delete(link.manager);
    for (const address of managers) {
      const known = this.#links.get(address.id);
      if (known !== undefined) {
        known.moveTo(address.url);
        continue;
      }
      const link = this.#create(address);
      this.#links.set(address.id, link);
      link.dial();
    }
    for (const link of gone) link.close();
    return gone;
  }

  all(): readonly ManagerLink[] {
    return [...this.#links.values()];
  }

  welcomed(): readonly ManagerLink[] {
    return this.all().filter((link) => link.welcomed);
  }

  get anyWelcomed(): boolean {
    for (const link of this.#links.values()) if (link.welcomed) return true;
    return false;
  }

  /** The leader as far as the managers with a link say; `null` while none of them knows one. */
  get leader(): ManagerId | null {
    return this.#leader;
  }

  get term(): number {
    return this.#term;
  }

  /** A manager says who leads in which term. True when that makes another leader, or term of one, known here. */
  heardOfLeader(link: ManagerLink, leader: ManagerId | null, term: number): boolean {
    link.leaderKnown = leader;
    if (leader !== null && (term > this.#term || (term === this.#term && this.#leader === null))) {
      const isNews = leader !== this.#leader || (term > this.#term && this.#term > 0);
      this.#leader = leader;
      this.#term = term;
      return isNews;
    }
    this.forgetLeaderUnlessKnown();
    return false;
  }

  /** Drops the leader when no linked manager vouches for it any more. */
  forgetLeaderUnlessKnown(): void {
    if (!this.welcomed().some((link) => link.leaderKnown === this.#leader)) this.#leader = null;
  }

  /** The mesh was restored: terms count on from its snapshot, so who led before says nothing. */
  moveToIncarnation(mesh: MeshIdentity): void {
    this.#leader = null;
    this.#term = 0;
    for (const link of this.all()) link.moveToIncarnation(mesh);
  }

  /** A welcome names a leader but no term: good enough while nothing better is known. */
  welcomedWithLeader(leader: ManagerId | null): void {
    if (this.#leader === null) this.#leader = leader;
  }

  get leaderLink(): ManagerLink | null {
    const link = this.#leader === null ? undefined : this.#links.get(this.#leader);
    return link !== undefined && link.welcomed ? link : null;
  }

  /** The leader's link, else another that is up: in turn, those that know a leader first, `avoided` only when there is no other. */
  best(avoided: ManagerLink | null = null): ManagerLink | null {
    const { leaderLink } = this;
    if (leaderLink !== null && leaderLink !== avoided) return leaderLink;
    return this.any(avoided) ?? (avoided?.welcomed === true ? avoided : null);
  }

  /** Any link that is up, in turn, those whose manager knows a leader first. */
  any(avoided: ManagerLink | null = null): ManagerLink | null {
    const up = this.welcomed().filter((link) => link !== avoided);
    const informed = up.filter((link) => link.leaderKnown !== null);
    const candidates = informed.length > 0 ? informed : up;
    this.#turn += 1;
    return candidates[this.#turn % Math.max(1, candidates.length)] ?? null;
  }
}
