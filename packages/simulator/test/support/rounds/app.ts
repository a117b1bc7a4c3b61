import { applied, defineModule, refused, type App, type JsonValue } from '@raft-mesh/state-machine';
import * as z from 'zod/mini';

interface Rounds {
  readonly round: number;
  readonly deadlineMs: number | null;
  /** Secret until the round ends. */
  readonly choices: { readonly [agent: string]: number };
  readonly last: { readonly round: number; readonly winners: readonly string[] } | null;
}

const roundMs = 700;
export const sides = 3;

/**
 * The smallest game with all that a game needs: rounds that a deadline ends, choices that stay secret until then, and a draw. Everyone
 * chooses a number, one is drawn, and whoever chose it has won.
 */
const module = defineModule({
  name: 'rounds',
  version: 1,
  initial: (): Rounds => ({ round: 0, deadlineMs: null, choices: {}, last: null }),
  commands: {
    begin: {
      schema: z.object({ round: z.int() }),
      apply: (state: Rounds, { round }: { readonly round: number }, ctx) => {
        if (state.deadlineMs !== null || round !== state.round + 1) return refused('wrongRound', 'Another round goes on, or has ended.');
        return applied<Rounds>({ ...state, round, deadlineMs: ctx.logTimeMs + roundMs, choices: {} });
      },
    },
    choose: {
      schema: z.object({ round: z.int(), side: z.int().check(z.minimum(0), z.maximum(sides - 1)) }),
      apply: (state: Rounds, { round, side }: { readonly round: number; readonly side: number }, ctx) => {
        if (ctx.caller === null) return refused('notAnAgent', 'Only agents choose.');
        const { agent } = ctx.caller;
        if (state.deadlineMs === null || round !== state.round) return refused('wrongRound', 'This round does not go on.');
        if (state.choices[agent] !== undefined) return refused('alreadyChosen', 'One choice a round.');
        return applied<Rounds>({ ...state, choices: { ...state.choices, [agent]: side } }, { side });
      },
    },
  },
  deadlineMs: (state: Rounds) => state.deadlineMs,
  expire: (state: Rounds, ctx): Rounds => {
    const drawn = ctx.random.integerBelow(sides);
    ctx.emit({ round: state.round, drawn }, 'everyone');
    return { ...state, deadlineMs: null, choices: {}, last: { round: state.round, winners: Object.keys(state.choices).filter((agent) => state.choices[agent] === drawn).sort() } };
  },
  view: (state: Rounds, viewer): JsonValue => ({
    round: state.round, open: state.deadlineMs !== null, chosen: Object.keys(state.choices).sort(), last: state.last,
    own: viewer.agent === null ? null : state.choices[viewer.agent] ?? null,
  }),
});

export const app: App = { name: 'rounds', version: 1, modules: [module] };
