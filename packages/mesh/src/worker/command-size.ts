import { encodeRecord, limits } from '@raft-mesh/protocol';
import type { AgentId, JsonValue, SessionId } from '@raft-mesh/state-machine';

/** No UTF-16 unit takes more than three bytes of UTF-8, and no other JSON value more than three times its text once encoded. */
const growthMax = 3;
/** Everything of a log record but the command itself, at its longest. */
const header = {
  kind: 'command', agent: 'a'.repeat(64) as AgentId, session: 's'.repeat(64) as SessionId,
  sequence: Number.MAX_SAFE_INTEGER, acknowledgedThrough: Number.MAX_SAFE_INTEGER, random: new Uint8Array(32),
} as const;
const headerBytesMax = 1024;

/**
 * True for a command that no manager would take, as a log record of it is too large. Told before it gets a sequence number: one that
 * can never be taken would hold up every command after it.
 */
export function isTooLarge(module: string, command: string, args: JsonValue): boolean {
  const textLength = module.length + command.length + JSON.stringify(args).length;
  // Most are so small that the exact size need not be known.
  if (textLength * growthMax + headerBytesMax <= limits.commandBytesMax) return false;
  if (textLength > limits.frameBytesMax) return true;
  return encodeRecord({ ...header, module, command, arguments: args }).length > limits.commandBytesMax;
}
