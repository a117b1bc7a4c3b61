import { canonicalJson, jsonBytes } from '../../canonical-json.ts';
import { digestOfText } from '../../digest.ts';
import { jsonProblem } from '../../json-check.ts';
import type { CommandRecord } from '../../log-record.ts';

type Command = Pick<CommandRecord, 'module' | 'command' | 'arguments'>;

/** A command no longer than this stands for itself: hashing it would cost more than keeping it. */
const plainCharactersMax = 128;
/** Larger arguments are not held on to. */
const heldBytesMax = 1024;

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
    const isHeld = jsonProblem(command.arguments) === null && jsonBytes(command.arguments) <= heldBytesMax;
    return isHeld ? new CommandMark(command, null) : new CommandMark(null, textOf(command));
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
