// The uniform game solved exactly, from its description and with none of the game's own code: by day one of all living is eliminated, each with
// the same chance (a symmetry of evenly cast votes, also of a tie that is drawn); by night one who is not mafia.

export interface UniformGame {
  readonly players: number;
  readonly mafia: number;
  readonly first: 'day' | 'night';
  /** `none`: a tie eliminates nobody. */
  readonly ties: 'random' | 'none';
  readonly mafiaWins: 'atParity' | 'alone';
}

export interface Solution {
  readonly mafiaWinRate: number;
  readonly meanDays: number;
}

/** How likely it is that of `voters`, each voting evenly for one of as many, one target has more votes than any other. */
export function singleMostLikely(voters: number): number {
  // Of `targets` targets each gets fewer than `limit` of `votes` votes: the number of ways, divided by votes! (the coefficient of a power series).
  const waysBelow = (targets: number, votes: number, limit: number): number => {
    let ways = [1, ...Array.from({ length: votes }, () => 0)];
    for (let target = 0; target < targets; target += 1) {
      const next = ways.map(() => 0);
      for (const [before, count] of ways.entries()) {
        let divisor = 1;
        for (let more = 0; more < limit && before + more <= votes; more += 1) {
          if (more > 0) divisor *= more;
          next[before + more] = (next[before + more] ?? 0) + count / divisor;
        }
      }
      ways = next;
    }
    return ways[votes] ?? 0;
  };
  const factorial = (number: number): number => (number < 2 ? 1 : number * factorial(number - 1));
  let chance = 0;
  for (let most = 1; most <= voters; most += 1) chance += (voters * waysBelow(voters - 1, voters - most, most) * factorial(voters)) / factorial(most) / voters ** voters;
  return chance;
}

export function solve({ players, mafia, first, ties, mafiaWins }: UniformGame): Solution {
  const known = new Map<string, Solution>();
  const isOver = (town: number, bad: number): Solution | null => {
    if (bad === 0) return { mafiaWinRate: 0, meanDays: 0 };
    return (mafiaWins === 'atParity' ? bad >= town : town === 0) ? { mafiaWinRate: 1, meanDays: 0 } : null;
  };
  const mix = (days: number, parts: readonly (readonly [number, Solution])[]): Solution => ({
    mafiaWinRate: parts.reduce((sum, [chance, { mafiaWinRate }]) => sum + chance * mafiaWinRate, 0),
    meanDays: days + parts.reduce((sum, [chance, { meanDays }]) => sum + chance * meanDays, 0),
  });
  const from = (town: number, bad: number, phase: 'day' | 'night'): Solution => {
    const key = `${town} ${bad} ${phase}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const next = (left: number, leftBad: number, then: 'day' | 'night'): Solution => isOver(left, leftBad) ?? from(left, leftBad, then);
    const living = town + bad;
    const decides = ties === 'random' ? 1 : singleMostLikely(living);
    const solution = phase === 'night'
      ? next(town - 1, bad, 'day')
      : mix(1, [[decides * (bad / living), next(town, bad - 1, 'night')], [decides * (town / living), next(town - 1, bad, 'night')], [1 - decides, next(town, bad, 'night')]]);
    known.set(key, solution);
    return solution;
  };
  return isOver(players - mafia, mafia) ?? from(players - mafia, mafia, first);
}
