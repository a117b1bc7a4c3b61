import { frameFromJson, frameToJson, limits, protocolErrorFrom, tooLargeToSend } from '@raft-mesh/protocol';
import type { MeshIdentity, ProtocolError, WireMessage } from '@raft-mesh/protocol';

const encoder = new TextEncoder();

/** One frame as JSON text, and its size in bytes. */
export interface FrameText {
  readonly text: string;
  readonly sizeBytes: number;
}

/** A body of frames needs a few bytes around them. */
export const frameTextBytesMax = limits.frameBytesMax - 64;

export function frameText(mesh: MeshIdentity, message: WireMessage): FrameText {
  const encode = (what: WireMessage): FrameText => {
    const text = JSON.stringify(frameToJson({ ...mesh, message: what }));
    return { text, sizeBytes: encoder.encode(text).length };
  };
  const encoded = encode(message);
  return encoded.sizeBytes <= frameTextBytesMax ? encoded : encode(tooLargeToSend(message, encoded.sizeBytes));
}

/** `undefined` for what is no JSON: never a value that `JSON.parse` gives. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The messages in front of the first frame that is none of this mesh, and what is wrong with that one. */
export function messagesFrom(mesh: MeshIdentity, frames: readonly unknown[]): { readonly messages: readonly WireMessage[]; readonly error: ProtocolError | null } {
  const messages: WireMessage[] = [];
  for (const value of frames) {
    const frame = frameFromJson(value);
    if (!frame.ok) return { messages, error: frame.error };
    if (frame.value.mesh !== mesh.mesh || frame.value.incarnation !== mesh.incarnation) {
      return { messages, error: { code: 'wrongMesh', message: `A frame on a link of mesh ${mesh.mesh} names another mesh or incarnation.`, next: 'Open a link for each mesh.' } };
    }
    messages.push(frame.value.message);
  }
  return { messages, error: null };
}

/** Where a message says that the link is over: what came up to there, and how it ended. A goodbye says no more than that, and is not handed over. */
export function endingOf(messages: readonly WireMessage[]): { readonly upTo: readonly WireMessage[]; readonly error: ProtocolError | null } | null {
  const at = messages.findIndex((message) => message.type === 'goodbye' || (message.type === 'error' && message.fatal));
  const ending = messages[at];
  if (ending === undefined) return null;
  if (ending.type !== 'error') return { upTo: messages.slice(0, at), error: null };
  return { upTo: messages.slice(0, at + 1), error: protocolErrorFrom(ending) };
}
