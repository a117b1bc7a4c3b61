import type { Learner, Member } from '@raft-mesh/raft';
import type { Cluster } from './cluster.ts';
import { learnerOf } from './fixtures.ts';

/** As many nodes as one storm may have had, dead ones and old incarnations with them. */
const hostsMax = 9;

/** One random change of who belongs to the group, asked of the node that seems to lead: joins, removals, replacements, of the leader too, or anything at all. */
export function churn(cluster: Cluster): void {
  const leader = cluster.leader();
  const status = leader === null ? null : cluster.status(leader);
  if (leader === null || status === null) return;
  const { voters, learners } = status.configuration;
  const ask = (wantedVoters: readonly Member[], wantedLearners: readonly Learner[]): void => {
    // Now and then by somebody who has not looked.
    cluster.change(leader, wantedVoters, wantedLearners, cluster.draw(20) === 0 ? cluster.draw(status.lastIndex) : status.configurationIndex);
  };
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[cluster.draw(items.length)];
  const without = <Item extends Member>(items: readonly Item[], gone: Member | undefined): readonly Item[] => items.filter(({ id }) => id !== gone?.id);
  const asMember = ({ id, address }: Member): Member => ({ id, address });
  const dice = cluster.draw(100);
  if (dice < (voters.length < 3 ? 60 : 30)) {
    const name = newcomer(cluster);
    if (name !== null) ask(voters, [...without(learners, learnerOf(name)), learnerOf(name, cluster.draw(3) > 0)]);
  } else if (dice < 42 && voters.length > 1) ask(voters.filter(({ id }) => id !== leader), learners);
  else if (dice < 55 && voters.length > 1) ask(without(voters, pick(voters)), without(learners, pick(learners)));
  else if (dice < 68 && voters.length > 1) {
    const demoted = pick(voters);
    if (demoted !== undefined) ask(without(voters, demoted), [...learners, { ...asMember(demoted), promotable: cluster.draw(2) === 0 }]);
  } else if (dice < 85) {
    const replacement = pick(learners);
    if (replacement !== undefined) ask([...without(voters, pick(voters)), asMember(replacement)], without(learners, replacement));
  } else if (dice < 88) {
    const moved = pick(voters);
    if (moved !== undefined) ask(voters.map((voter) => (voter === moved ? { ...voter, address: `${voter.address}/moved` } : voter)), learners);
  } else {
    const everyone = [...voters, ...learners].map((member) => ({ member: asMember(member), part: cluster.draw(6) }));
    ask(everyone.filter(({ part }) => part < 3).map(({ member }) => member), everyone.filter(({ part }) => part === 3 || part === 4).map(({ member }) => ({ ...member, promotable: cluster.draw(2) === 0 })));
  }
}

/** A brand-new node, a new incarnation of an old one, or one that left and comes back with its disk. */
function newcomer(cluster: Cluster): string | null {
  const names = [...cluster.hosts.keys()];
  const old = names[cluster.draw(names.length)] ?? 'a';
  if (names.length >= hostsMax || cluster.draw(4) === 0) return isKnown(cluster, old) ? null : old;
  const [base = 'a'] = old.split('#');
  const name = cluster.draw(2) === 0 ? `n${names.length}` : `${base}#${names.length}`;
  cluster.join(name);
  return name;
}

function isKnown(cluster: Cluster, name: string): boolean {
  const configuration = cluster.status(cluster.leader() ?? name)?.configuration;
  return configuration !== undefined && [...configuration.voters, ...configuration.votersOutgoing, ...configuration.learners].some(({ id }) => id === name);
}
