import { defineCommand, defineModule } from '@raft-mesh/state-machine';
import type { JsonValue } from '@raft-mesh/state-machine';
import { joinArguments, leaveArguments, nightArguments, rematchArguments, sayArguments, startArguments, voteArguments } from './arguments.ts';
import { join, leave, rematch, start } from './lobby-commands.ts';
import { nightCommand, say, vote } from './play-commands.ts';
import { deadlineOf, endPhase } from './resolve.ts';
import { initialState } from './state.ts';
import { viewOf } from './view.ts';

/** One table of Mafia: lobby, nights and days, the end, and the lobby again. */
export const mafia = defineModule({
  name: 'mafia',
  version: 1,
  initial: initialState,
  commands: {
    join: defineCommand({ schema: joinArguments, apply: join }),
    leave: defineCommand({ schema: leaveArguments, apply: leave }),
    start: defineCommand({ schema: startArguments, apply: start, drawsRandom: true }),
    protect: defineCommand({ schema: nightArguments, apply: nightCommand('protect') }),
    kill: defineCommand({ schema: nightArguments, apply: nightCommand('kill') }),
    investigate: defineCommand({ schema: nightArguments, apply: nightCommand('investigate') }),
    vote: defineCommand({ schema: voteArguments, apply: vote }),
    say: defineCommand({ schema: sayArguments, apply: say }),
    rematch: defineCommand({ schema: rematchArguments, apply: rematch }),
  },
  deadlineMs: deadlineOf,
  expire: endPhase,
  // Plain JSON throughout; interfaces only lack the index signature that would let the compiler see it.
  view: (state, viewer) => viewOf(state, viewer) as unknown as JsonValue,
});
