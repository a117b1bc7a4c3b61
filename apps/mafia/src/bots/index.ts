export { runBot } from './run-bot.ts';
export type { BotOptions } from './run-bot.ts';
export { botNames } from './bot-names.ts';
export { nextMove, nextLine } from './strategy.ts';
export type { BotMove } from './strategy.ts';
export { playOnce } from './play-once.ts';
export type { PlayOnceOptions } from './play-once.ts';
