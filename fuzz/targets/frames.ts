import { isDeepStrictEqual } from 'node:util';
import { decodeFrames, decodeRecord, encodeFrames, encodeRecord, frameFromJson, frameToJson, protocolErrorCodes } from '@raft-mesh/protocol';
import type { DecodedFrames, Frame, ProtocolError } from '@raft-mesh/protocol';
import { byType } from '../../packages/protocol/src/codec/registry.ts';
import { generator, json, messagePack } from '../generate.ts';
import { messageSamples, recordSamples } from '../samples/messages.ts';
import { check } from '../target.ts';
import type { Target } from '../target.ts';

const decoder = new TextDecoder();
const frames = messageSamples.map((message): Frame => ({ mesh: 'village', incarnation: 1, message }) as Frame);

/** As `encodeFrames` builds them, so that a changed value is still a frame. */
const tupleOf = ({ mesh, incarnation, message }: Frame): unknown => {
  const registered = byType.get(message.type);
  if (registered === undefined) throw new Error(`${message.type} is not registered`);
  return [mesh, incarnation, registered.code, ...registered.fields.map(({ key, shape }) => shape.toTuple((message as unknown as Record<string, unknown>)[key]))];
};

export function checkError(error: ProtocolError): void {
  check(protocolErrorCodes.includes(error.code), `${error.code} is no code of an error`);
  check(error.message.length > 0 && error.message.length <= 1024 && error.next.length > 0 && error.next.length <= 1024, 'an error does not fit into an error message');
}

const binary: Target = {
  name: 'frames.binary', weight: 14, ...generator(frames.map(tupleOf), messagePack),
  open: () => ({
    run(input) {
      const decoded: DecodedFrames = decodeFrames(input);
      if (!decoded.ok) checkError(decoded.error);
      const value = decoded.ok ? decoded.value : decoded.before;
      if (value.length > 0) check(isDeepStrictEqual(decodeFrames(encodeFrames(value)), { ok: true, value }), 'frames do not come back as they were');
      return decoded.ok ? 'accepted' : 'refused';
    },
    close() {},
  }),
};

const jsonFrames: Target = {
  name: 'frames.json', weight: 10, ...generator(frames.map(frameToJson), json),
  open: () => ({
    run(input) {
      let value: unknown;
      try {
        value = JSON.parse(decoder.decode(input));
      } catch {
        return 'refused';
      }
      const decoded = frameFromJson(value);
      if (!decoded.ok) {
        checkError(decoded.error);
        return 'refused';
      }
      // -0 has no text of its own.
      const again: unknown = JSON.parse(JSON.stringify(frameToJson(decoded.value)));
      const back = frameFromJson(again);
      check(back.ok && JSON.stringify(frameToJson(back.value)) === JSON.stringify(again), 'a frame does not come back as it was');
      return 'accepted';
    },
    close() {},
  }),
};

const records: Target = {
  name: 'record', weight: 6, ...generator(recordSamples.map(tupleOfRecord), messagePack),
  open: () => ({
    run(input) {
      let record;
      try {
        record = decodeRecord(input);
      } catch (error) {
        check(error instanceof Error && error.message.startsWith('no log record'), `a record was refused in no known way: ${String(error)}`);
        return 'refused';
      }
      check(isDeepStrictEqual(decodeRecord(encodeRecord(record)), record), 'a record does not come back as it was');
      return 'accepted';
    },
    close() {},
  }),
};

function tupleOfRecord(record: (typeof recordSamples)[number]): unknown {
  return Object.values(record);
}

export const frameTargets: readonly Target[] = [binary, jsonFrames, records];
