/** Fewest and most players in one game. */
export const playersMin = 5;
export const playersMax = 30;
/** Fewest players when they chose the characters themselves. */
export const playersMinOfCast = 3;

/** Characters of a player's name, after trimming. */
export const nameLengthMax = 24;
/** Characters of what a bot says it is. */
export const botLabelLengthMax = 24;
/** Characters of one chat line. */
export const lineLengthMax = 280;
/** Characters of a last will. */
export const willLengthMax = 500;
/** Lines that each chat channel keeps; older ones are forgotten. */
export const linesMax = 100;
/** Whispers that are kept for each player who got or sent them. */
export const whispersMax = 30;
/** One player may say this many lines within `burstWindowMs` of log time. */
export const burstLinesMax = 6;
export const burstWindowMs = 10_000;

/** Public events, finished nights and finished days that are kept; older ones are forgotten. */
export const eventsMax = 200;
export const recordsMax = 40;

/** So many rounds in a row without a death end the game with no winner: nobody is playing any more. */
export const quietRoundsMax = 5;
/** Trials in one day. */
export const trialsMax = 3;
/** Whoever did nothing on so many days in a row is not waited for until they do something. */
export const missedDaysMax = 2;
/** A host who has done nothing in the lobby, or since the end, for this long may be replaced; in ms of log time. */
export const hostSilentMs = 30_000;
/** Players whom the host removed from one lobby that are remembered. */
export const removedMax = 30;

/** How long those who committed to a contribution may take to open it once the game was started, in ms of log time. */
export const openingMs = 3_000;
/** Characters of the record of one game: several times what a long game of thirty comes to. */
export const recordBytesMax = 1024 * 1024;
/** Characters of the entries in one answer to the query `record`. */
export const recordAnswerBytes = 128 * 1024;

/** Warnings: so much time is left, in ms of log time. */
export const warningsMs: readonly number[] = [60_000, 30_000, 15_000];
