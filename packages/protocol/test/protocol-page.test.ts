import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { decodeFrames, encodeFrames, frameFromJson, limits, protocolErrorCodes, protocolVersion } from '@raft-mesh/protocol';
import { examples } from '../scripts/examples.ts';
import { messageTables, withMessageTables } from '../scripts/message-tables.ts';
import { registry } from '../src/codec/registry.ts';

const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');

test('the page shows the messages as they are: `npm run docs -w @raft-mesh/protocol` writes them', () => {
  expect(withMessageTables(page)).toBe(page);
});

test('every message has an example, and the hex and the JSON of each say the same', () => {
  expect([...examples.keys()].toSorted()).toEqual(registry.map(({ type }) => type).toSorted());
  const shown = [...messageTables().matchAll(/```json\n(.*)\n```\n\n```text\n([0-9a-f \n]+)\n```/g)];
  expect(shown).toHaveLength(registry.length);
  for (const [, json = '', hex = ''] of shown) {
    const fromJson = frameFromJson(JSON.parse(json));
    const fromBytes = decodeFrames(new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex')));
    if (!fromJson.ok || !fromBytes.ok) throw new Error(`not decoded: ${json}`);
    expect(fromBytes.value).toEqual([fromJson.value]);
    expect(Buffer.from(encodeFrames([fromJson.value])).toString('hex')).toBe(hex.replaceAll(/\s/g, ''));
  }
});

test('the page names every error, every limit and the version', () => {
  for (const code of protocolErrorCodes) expect(page).toContain(`| \`${code}\` |`);
  for (const [name, value] of Object.entries(limits)) expect(page).toContain(`| \`${name}\` | ${value.toLocaleString('en')} |`);
  expect(page).toContain(`Protocol version ${protocolVersion}.`);
});
