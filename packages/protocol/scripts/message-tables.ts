import { registry } from '../src/codec/registry.ts';
import type { Registered } from '../src/codec/registry.ts';
import { encodeFrames, frameToJson } from '../src/codec.ts';
import type { MeshId } from '../src/identity.ts';
import { examples } from './examples.ts';

const groups = [
  { title: 'Worker to manager', codes: [1, 31] },
  { title: 'Manager to worker', codes: [32, 63] },
  { title: 'Manager to manager', codes: [64, 95] },
  { title: 'Raft', codes: [96, 127] },
] as const;

/** The part of docs/protocol.md that follows from the schemas: each message with its code, its fields and an example. */
export function messageTables(): string {
  return groups.map(({ title, codes: [first, last] }) => {
    const messages = registry.filter(({ code }) => code >= first && code <= last);
    return `### ${title}\n\n${messages.map(section).join('\n\n')}`;
  }).join('\n\n');
}

function section(registered: Registered): string {
  const { type, code, fields } = registered;
  const example = examples.get(type);
  if (example === undefined) throw new Error(`examples.ts has no ${type}`);
  const frame = { mesh: 'village' as MeshId, incarnation: 1, message: example };
  const rows = fields.map(({ key, shape }, at) => `| ${at + 3} | \`${key}\` | ${short(shape.description)} |`);
  const table = rows.length === 0 ? 'No fields.' : ['| place | field | what |', '|---|---|---|', ...rows].join('\n');
  return `#### \`${type}\`: code ${code}\n\n${table}\n\n\`\`\`json\n${JSON.stringify(frameToJson(frame))}\n\`\`\`\n\n\`\`\`text\n${hex(encodeFrames([frame]))}\n\`\`\``;
}

/** The alphabets of names are told once, in the table of types. */
function short(description: string): string {
  return description.replaceAll(/ \((?!left out)[^)]*\)/g, '');
}

function hex(bytes: Uint8Array): string {
  const pairs = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  const lines: string[] = [];
  for (let at = 0; at < pairs.length; at += 32) lines.push(pairs.slice(at, at + 32).join(' '));
  return lines.join('\n');
}

const begin = '<!-- messages: written by `npm run docs -w @raft-mesh/protocol` -->';
const end = '<!-- messages end -->';

/** The page with that part put in; throws when the page has no place for it. */
export function withMessageTables(page: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`docs/protocol.md needs the lines ${begin} and ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${messageTables()}\n\n${page.slice(to)}`;
}
