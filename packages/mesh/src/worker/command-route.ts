import type { Links } from './links.ts';
import type { ManagerLink } from './manager-link.ts';

/**
 * Which link commands go out on: the leader's, else one that is kept until it fails, so that commands stay in order.
 * A leader that does not answer is gone round until there is news of it.
 */
export class CommandRoute {
  readonly #links: Links;
  #fallback: ManagerLink | null = null;
  #shunned: ManagerLink | null = null;

  constructor(links: Links) {
    this.#links = links;
  }

  next(): ManagerLink | null {
    const { leaderLink } = this.#links;
    if (leaderLink !== null && leaderLink !== this.#shunned) return leaderLink;
    if (this.#fallback?.welcomed !== true) this.#fallback = this.#links.any(this.#shunned);
    return this.#fallback ?? leaderLink;
  }

  leaderChanged(): void {
    this.#shunned = null;
  }

  forget(link: ManagerLink): void {
    if (this.#fallback === link) this.#fallback = null;
    if (this.#shunned === link) this.#shunned = null;
  }

  /** It answered, but cannot take commands now. A leader that says so is still the one to ask. */
  refusedBy(link: ManagerLink): void {
    if (link === this.#fallback) this.#fallback = this.#links.any(link);
  }

  /** It did not answer in time. */
  silentOn(link: ManagerLink): void {
    if (link === this.#links.leaderLink) this.#shunned = link;
    this.refusedBy(link);
  }
}
