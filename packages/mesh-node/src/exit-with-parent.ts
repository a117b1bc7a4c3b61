import { createInterface } from 'node:readline';

/**
 * Reads the first line that the parent sends, and calls `onGone` when the parent closes our standard input, which the
 * system also does when the parent is killed. Listening keeps this process alive, until `stopListening`.
 */
export function exitWithParent(onGone: () => void): { readonly firstLine: Promise<string>; stopListening(): void } {
  const lines = createInterface({ input: process.stdin });
  const firstLine = new Promise<string>((resolve) => lines.once('line', resolve));
  lines.once('close', onGone);
  return { firstLine, stopListening: () => lines.close() };
}
