// What anyone needs to check a game, and to show it again. Pure and safe in browsers; for a page, best loaded when it is asked for (`import()`).
export { askForRecord } from './ask.ts';
export type { AsksForRecord } from './ask.ts';
export { replayRecord } from './replay.ts';
export type { OpenPlayer, ReplayProblem, ReplayStep } from './replay.ts';
export { readRecord } from './shape.ts';
export type { Read } from './shape.ts';
export { verifyRecord } from './verify.ts';
export type { KeptHead, Verification, VerificationCode } from './verify.ts';
