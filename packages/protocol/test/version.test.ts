import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { protocolVersion } from '@raft-mesh/protocol';
import { compile } from '../src/codec/compile.ts';
import { registry } from '../src/codec/registry.ts';
import { logRecord } from '../src/record.ts';

/** When this fails, what goes over the wire has changed: raise `protocolVersion`, and add the new pair here. */
const hashOf: Readonly<Record<number, string>> = {
  1: '60610594eda6de3793cb4b3b6df7a1aad7fb7bc5b313d95cf25bc784abd0720a',
  2: '8c54e93884e0f8c64714a27d71ada0bb0ee2d724c6ba9537a4630a91f154a8ac',
  3: '01f2b5509a42821a1e573cc23b0d6bb94d2f3e6cff6cc70542092c41f6e7fc8b',
  4: '0246cb177bf97a8b58dc675c51274fd389e7403a87eb837e10ff83f16b266cf9',
  5: 'af6126d353d369795b1600037746db9cc1cdd08497d2b53e10cace7163a7a4a0',
  6: '6752e2512518cd05d5f89033d7c5e0c82ca3fb6f328a732eea95734776265583',
  7: 'f905619a2f9b5b0da9f6fc39d27379f70f6b485bfa210c71497fe39bc2408c5d',
  8: 'ebe9e1596590b6d8f64299218e74ec2bfc8833280ded49d7de533d726634077d',
};

test('the schemas are those of this protocol version', () => {
  const wire = [...registry.map(({ code, shape }) => `${code} ${shape.description}`), compile(logRecord).description].join('\n');
  expect(createHash('sha256').update(wire).digest('hex')).toBe(hashOf[protocolVersion]);
});
