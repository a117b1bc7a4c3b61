import { applied, defineModule, refused } from '@raft-mesh/state-machine';
import * as z from 'zod/mini';

export interface DiceState {
  readonly rolls: readonly number[];
  readonly dueAtMs: number | null;
  readonly expired: number;
}

const noArguments = z.object({});

/** A module with everything a module can have: randomness, a deadline, events, refusals, throws. */
export const dice = defineModule({
  name: 'dice',
  version: 1,
  initial: (): DiceState => ({ rolls: [], dueAtMs: null, expired: 0 }),
  commands: {
    roll: {
      schema: z.object({ sides: z.number() }),
      drawsRandom: true,
      apply(state, { sides }, ctx) {
        const rolled = ctx.random.integerBelow(sides);
        ctx.emit({ rolled }, 'everyone');
        return applied({ ...state, rolls: [...state.rolls, rolled].slice(-20) }, rolled);
      },
    },
    rollAndRefuse: {
      schema: noArguments,
      drawsRandom: true,
      apply(_state, _args, ctx) {
        ctx.random.shuffle([1, 2, 3, 4]);
        ctx.emit('never seen', 'everyone');
        return refused('notNow', 'Not now.');
      },
    },
    wakeAfter: { schema: z.object({ ms: z.number() }), apply: (state, { ms }, ctx) => applied({ ...state, dueAtMs: ctx.logTimeMs + ms }) },
    crash: { schema: noArguments, apply: () => { throw new Error('a bug'); } },
    exhaust: { schema: noArguments, apply: (state) => { const recurse = (depth: number): number => recurse(depth + 1) + 1; return applied(state, recurse(0)); } },
    answerBadly: { schema: noArguments, apply: (state) => applied({ ...state, expired: 99 }, NaN) },
    keep: { schema: noArguments, apply: (state) => applied(state, 'kept') },
  },
  deadlineMs: (state) => state.dueAtMs,
  expire: (state, ctx) => ({ rolls: [...state.rolls, ctx.random.integerBelow(6)].slice(-20), dueAtMs: null, expired: state.expired + 1 }),
  view: (state) => ({ rolls: state.rolls, expired: state.expired }),
});

export const diceApp = { name: 'dice', version: 1, modules: [dice] };
