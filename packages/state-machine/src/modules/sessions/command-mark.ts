import { canonicalJson } from '../../canonical-json.ts';
import { digestOfText } from '../../digest.ts';
import { jsonProblem } from '../../json-check.ts';
import type { CommandRecord } from '../../log-record.ts';

type Command = Pick<CommandRecord, 'module' | 'command' | 'arguments'>;

/** A command no longer than this stands for itself: hashing it would cost more than keeping it. */
const plainCharactersMax = 128;
/** Larger or deeper arguments are not held on to. */
const heldCharactersMax = 1024;
const heldDepthMax = 8;

/**
 * Tells a session's own commands apart: by the command's text, or 128 bits of its hash (a text begins with a bracket, a hash does not).
 * Nearly no command is ever sent again after it was recorded, so that the text is only made when somebody asks.
 */
export class CommandMark {
  #command: Command | null;
  #text: string | null;

  private constructor(command: Command | null, text: string | null) {
    this.#command = command;
    this.#text = text;
  }

  static of(command: Command): CommandMark {
    return charactersLeft(command.arguments, heldCharactersMax, heldDepthMax) >= 0 ? new CommandMark(command, null) : new CommandMark(null, textOf(command));
  }

  /** From a snapshot. */
  static from(text: string): CommandMark {
    return new CommandMark(null, text);
  }

  get text(): string {
    if (this.#command !== null) {
      this.#text = textOf(this.#command);
      this.#command = null;
    }
    return this.#text ?? '';
  }
}

// What is no JSON (or nested too deep to be walked) is refused in any case.
function textOf({ module, command, arguments: args }: Command): string {
  const text = canonicalJson([module, command, jsonProblem(args) ?? [args]]);
  return text.length <= plainCharactersMax ? text : digestOfText(text).slice(0, 32);
}

/** What is left of a number of characters after a value; below 0 when it is larger, or deeper. */
function charactersLeft(value: unknown, characters: number, depth: number): number {
  if (typeof value === 'string') return characters - value.length;
  if (typeof value !== 'object' || value === null) return characters - 8;
  if (depth === 0) return -1;
  let left = characters - 2;
  for (const [name, item] of Object.entries(value)) {
    left = charactersLeft(item, left - name.length, depth - 1);
    if (left < 0) return left;
  }
  return left;
}
