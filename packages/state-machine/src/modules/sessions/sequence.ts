import type { CommandRecord } from '../../log-record.ts';
import type { Refusal } from '../../module.ts';
import type { Outcome } from '../../outcome.ts';
import type { CommandMark } from './command-mark.ts';
import type { Session, SessionsState } from './state.ts';
import { openCommandsMax, sessionKey, sessionOf } from './state.ts';

/** Where a command stands in its session. */
export type Placement =
  /** It is the next one: run it, then record its outcome. */
  | { readonly kind: 'next'; readonly session: Session }
  /** It ran before: this is how it ended. */
  | { readonly kind: 'repeated'; readonly outcome: Outcome }
  /** It cannot run now; nothing is recorded and no number used up. */
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Codes of refusals that leave no trace: the sequence number is not used up and stays free for the same command, sent again
 * (or, for `sequenceReused` and `answerForgotten`, belongs to a command that ended before).
 */
export const unrecordedRefusalCodes: readonly string[] = ['notAMember', 'sessionExpired', 'sequenceGap', 'sequenceReused', 'answerForgotten', 'tooManyOpen'];

/** Decides by the session alone: exactly once, in order, with no gap. */
export function placeCommand(state: SessionsState, record: CommandRecord, mark: CommandMark): Placement {
  const session = sessionOf(state, record.agent, record.session);
  if (session === null) return refusal('sessionExpired', 'This session does not exist or has expired. Open a new one; what was open in this one is unknown.');
  const { sequence } = record;
  if (sequence >= session.nextSequence + 1 || !Number.isSafeInteger(sequence)) return refusal('sequenceGap', `The next sequence number of this session is ${session.nextSequence}, not ${sequence}. Send again from there.`);
  if (sequence <= session.acknowledgedThrough) return refusal('answerForgotten', `The answer to ${sequence} was acknowledged and is no longer kept.`);
  if (sequence < session.nextSequence) {
    const answer = session.answers.at(sequence - session.acknowledgedThrough - 1);
    if (answer === undefined || answer.mark.text !== mark.text) return refusal('sequenceReused', `The sequence number ${sequence} was used for another command. Use ${session.nextSequence}.`);
    return { kind: 'repeated', outcome: answer.outcome };
  }
  const open = sequence - 1 - acknowledgedBy(session, record);
  if (open >= openCommandsMax) return refusal('tooManyOpen', `${openCommandsMax} answers are not acknowledged yet. Acknowledge some, then send again.`);
  return { kind: 'next', session };
}

/** The session after its next command has ended, and what the agent acknowledged with it forgotten. */
export function recordAnswer(state: SessionsState, record: CommandRecord, mark: CommandMark, outcome: Outcome, logTimeMs: number): SessionsState {
  const session = sessionOf(state, record.agent, record.session);
  if (session === null || session.nextSequence !== record.sequence) throw new TypeError('only the next command of a session is recorded');
  const acknowledgedThrough = acknowledgedBy(session, record);
  const answers = session.answers.moveOn(acknowledgedThrough - session.acknowledgedThrough, { mark, outcome });
  const next: Session = { ...session, lastUsedMs: logTimeMs, acknowledgedThrough, nextSequence: session.nextSequence + 1, answers };
  return { ...state, sessions: state.sessions.with(sessionKey(record.agent, record.session), next) };
}

/** An agent cannot take back what it acknowledged, nor acknowledge what has not ended. */
function acknowledgedBy(session: Session, record: CommandRecord): number {
  const claimed = Number.isSafeInteger(record.acknowledgedThrough) ? record.acknowledgedThrough : 0;
  return Math.max(session.acknowledgedThrough, Math.min(claimed, session.nextSequence - 1));
}

function refusal(code: string, message: string): Placement {
  return { kind: 'refused', refusal: { code, message } };
}
