import type { Applied } from '@raft-mesh/state-machine';
import { lineLengthMax, playersMax, playersMin } from './limits.ts';

// Every refusal says only what the caller knows anyway.
const messages = {
  notAnAgent: 'only an agent can do this',
  wrongPhase: 'this was meant for another phase of the game; look at the view and choose again',
  alreadyStarted: 'a game is going on; join when it has ended',
  gameFull: `all ${playersMax} seats are taken`,
  alreadyJoined: 'you already have a seat',
  nameNotUsable: 'a name needs at least one visible character',
  notInGame: 'you are not in this game',
  tooFewPlayers: `a game needs at least ${playersMin} players`,
  notAlive: 'the dead no longer act',
  notYourCharacter: 'your character does not do this',
  unknownTarget: 'there is no such living player',
  targetNotAllowed: 'you may not choose this player now',
  notNow: 'you may not speak now: by night only the mafia whisper',
  textNotUsable: `a line has 1 to ${lineLengthMax} visible characters`,
  tooFast: 'too many lines in a few seconds; wait a little',
} as const;

export type RefusalCode = keyof typeof messages;

export function refused(code: RefusalCode): Applied<never> {
  return { applied: false, refusal: { code, message: messages[code] } };
}
