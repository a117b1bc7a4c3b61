import type { Applied } from '@raft-mesh/state-machine';
import { lineLengthMax, playersMax, playersMin } from './limits.ts';

// Every refusal says only what the caller knows anyway.
const messages = {
  notAnAgent: 'only an agent can do this',
  wrongPhase: 'this was meant for another phase of the game; look at the view and choose again',
  alreadyStarted: 'a game is going on; join when it has ended',
  gameFull: `all ${playersMax} seats are taken`,
  alreadyJoined: 'you already have a seat',
  removed: 'the host took your seat away; you can play the next game',
  nameNotUsable: 'a name needs at least one visible character',
  notInGame: 'you are not in this game',
  notTheHost: 'only the host can do this',
  noBotWanted: 'the host wants no more bots at this table',
  nobodyProvides: 'nobody provides bots for this mesh',
  hostIsHere: 'the host was here a moment ago; wait a little',
  tooFewPlayers: `a game needs at least ${playersMin} players`,
  setupNotUsable: 'these characters make no game for so many players: there must be mafia, and fewer of them than of the others',
  notAlive: 'the dead no longer act',
  notYourCharacter: 'your character does not do this',
  usedUp: 'you have done this as often as you may',
  unknownTarget: 'there is no such player',
  targetNotAllowed: 'you may not choose this player now',
  notNow: 'you may not speak now: by night only the mafia whisper',
  notInThisGame: 'this game is played without it',
  noMoreTime: 'this day has been extended as often as it may',
  textNotUsable: `a line has 1 to ${lineLengthMax} visible characters`,
  notCommitted: 'you have not committed to anything in this game',
  notWhatWasCommitted: 'this is not what you committed to',
  tooFast: 'too many lines in a few seconds; wait a little',
} as const;

export type RefusalCode = keyof typeof messages;

export function refused(code: RefusalCode): Applied<never> {
  return { applied: false, refusal: { code, message: messages[code] } };
}
