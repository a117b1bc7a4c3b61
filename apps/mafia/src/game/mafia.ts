import { defineCommand, defineModule } from '@raft-mesh/state-machine';
import type { JsonValue } from '@raft-mesh/state-machine';
import { abstainArguments, commitArguments, configureArguments, joinArguments, judgeArguments, leaveArguments, momentArguments, nightArguments, offerBotsArguments, openArguments, playerArguments, recordArguments, sayArguments, startArguments, voteArguments, wantBotsArguments, whisperArguments, willArguments } from './arguments.ts';
import { offerBots, wantBots } from './bots.ts';
import { abstain, extend, judge, ready, vote } from './day/commands.ts';
import { decode, encode } from './encoding.ts';
import { expire } from './expire.ts';
import { claimHost, configure, join, leave, passHost, rematch, remove, start } from './lobby-commands.ts';
import type { NightAction } from './night-actions.ts';
import { deadlineOf } from './pace.ts';
import { nightCommand, reveal, stop, writeWill } from './play-commands.ts';
import { commit, open } from './proof/commands.ts';
import { answerRecord } from './proof/publish.ts';
import { rulesVersion } from './proof/record.ts';
import { initialState } from './state.ts';
import { say, whisper } from './talk-commands.ts';
import { viewOf } from './view.ts';

const night = (action: NightAction) => defineCommand({ schema: nightArguments, apply: nightCommand(action) });

/** One table of Mafia: lobby, nights and days, the end, and the lobby again. */
export const mafia = defineModule({
  name: 'mafia',
  version: rulesVersion,
  initial: initialState,
  commands: {
    join: defineCommand({ schema: joinArguments, apply: join, drawsRandom: true }),
    leave: defineCommand({ schema: leaveArguments, apply: leave }),
    remove: defineCommand({ schema: playerArguments, apply: remove }),
    configure: defineCommand({ schema: configureArguments, apply: configure }),
    commit: defineCommand({ schema: commitArguments, apply: commit }),
    offerBots: defineCommand({ schema: offerBotsArguments, apply: offerBots, accessRoles: ['admin'] }),
    wantBots: defineCommand({ schema: wantBotsArguments, apply: wantBots }),
    open: defineCommand({ schema: openArguments, apply: open }),
    start: defineCommand({ schema: startArguments, apply: start, drawsRandom: true }),
    block: night('block'), protect: night('protect'), guard: night('guard'), kill: night('kill'), shoot: night('shoot'), aim: night('aim'),
    frame: night('frame'), investigate: night('investigate'), track: night('track'), watch: night('watch'),
    vote: defineCommand({ schema: voteArguments, apply: vote }),
    abstain: defineCommand({ schema: abstainArguments, apply: abstain }),
    judge: defineCommand({ schema: judgeArguments, apply: judge }),
    ready: defineCommand({ schema: momentArguments, apply: ready }),
    extend: defineCommand({ schema: momentArguments, apply: extend }),
    reveal: defineCommand({ schema: momentArguments, apply: reveal }),
    say: defineCommand({ schema: sayArguments, apply: say }),
    whisper: defineCommand({ schema: whisperArguments, apply: whisper }),
    will: defineCommand({ schema: willArguments, apply: writeWill }),
    passHost: defineCommand({ schema: playerArguments, apply: passHost }),
    claimHost: defineCommand({ schema: momentArguments, apply: claimHost }),
    stop: defineCommand({ schema: momentArguments, apply: stop }),
    rematch: defineCommand({ schema: momentArguments, apply: rematch, drawsRandom: true }),
  },
  queries: { record: { schema: recordArguments, answer: answerRecord } },
  deadlineMs: deadlineOf,
  expire,
  encode,
  decode,
  // Plain JSON throughout; interfaces only lack the index signature that would let the compiler see it.
  view: (state, viewer) => viewOf(state, viewer) as unknown as JsonValue,
});
