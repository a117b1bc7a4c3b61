import type { AgentId } from '@raft-mesh/state-machine';

export interface Attack {
  readonly by: AgentId;
  readonly on: AgentId;
}

/** What stands in the way of attacks tonight, and what follows them. */
export interface Defences {
  /** Whom no attack kills. */
  readonly protectedOnes: ReadonlySet<AgentId>;
  /** Who stands before whom, in the order of the table. */
  readonly guards: readonly Attack[];
  /** Whom a hunter takes along. */
  readonly aims: ReadonlyMap<AgentId, AgentId>;
}

/**
 * Who dies of these attacks and of those that follow from them. Everyone acts at once, so the dead of this night still strike. The first
 * attack on a guarded one falls on the bodyguard instead, who strikes back; later ones are warded off. A doctor saves from any of it.
 */
export function deathsOf(attacks: readonly Attack[], { protectedOnes, guards, aims }: Defences): ReadonlySet<AgentId> {
  const dead = new Set<AgentId>();
  const spent = new Set<AgentId>();
  const open = [...attacks];
  // Ends: each bodyguard strikes once, and each hunter dies once.
  for (let attack = open.shift(); attack !== undefined; attack = open.shift()) {
    const { by, on } = attack;
    const before = guards.filter((guard) => guard.on === on && guard.by !== by);
    const guard = before.find((candidate) => !spent.has(candidate.by));
    if (guard === undefined && before.length > 0) continue;
    if (guard !== undefined) {
      spent.add(guard.by);
      open.push({ by: guard.by, on: by });
    }
    const struck = guard?.by ?? on;
    if (protectedOnes.has(struck) || dead.has(struck)) continue;
    dead.add(struck);
    const along = aims.get(struck);
    if (along !== undefined) open.push({ by: struck, on: along });
  }
  return dead;
}
