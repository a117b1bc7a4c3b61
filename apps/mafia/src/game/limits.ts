/** Fewest and most players in one game. */
export const playersMin = 5;
export const playersMax = 30;

/** Characters of a player's name, after trimming. */
export const nameLengthMax = 24;
/** Characters of one chat line. */
export const lineLengthMax = 280;
/** Lines that each chat channel keeps; older ones are forgotten. */
export const linesMax = 100;
/** One player may say this many lines within `burstWindowMs` of log time. */
export const burstLinesMax = 6;
export const burstWindowMs = 10_000;

/** Public events, finished nights and finished days that are kept; older ones are forgotten. */
export const eventsMax = 200;
export const recordsMax = 40;

/** So many rounds in a row without a death end the game with no winner: nobody is playing any more. */
export const quietRoundsMax = 5;

/** Bounds of the options of `start`, in ms of log time. */
export const phaseMsMin = 500;
export const phaseMsMax = 30 * 60_000;
export const nightMsDefault = 45_000;
export const dayMsDefault = 120_000;
