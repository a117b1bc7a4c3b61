import type { AgentId } from '../../agent.ts';
import type { JsonValue } from '../../json.ts';
import { OrderedMap } from '../../ordered-map.ts';
import { fromPages, inPages } from '../../paging.ts';
import { expiryKey } from '../expiry-key.ts';
import { hasFields, isFlag, isListOf, isText, isWhole, wrongRow } from '../../snapshot-shape.ts';
import type { Member, MembersState, Move, SpentToken } from './state.ts';

type Row =
  | readonly ['member', Member]
  | readonly ['name', string, number]
  | readonly ['token', string, SpentToken]
  | readonly ['move', AgentId, Move];

export function encodeMembers(state: MembersState): Iterable<JsonValue> {
  return inPages(rows(state));
}

function* rows(state: MembersState): Generator<JsonValue> {
  for (const [, member] of state.members.entries()) yield ['member', { ...member }];
  for (const [name, nextNumber] of state.names.entries()) yield ['name', name, nextNumber];
  for (const [id, token] of state.spentTokens.entries()) yield ['token', id, { ...token }];
  for (const [agent, { offer, last }] of state.moves.entries()) yield ['move', agent, { offer: offer === null ? null : { ...offer }, last: last === null ? null : { ...last } }];
}

export function decodeMembers(parts: Iterable<JsonValue>): MembersState {
  const members: [AgentId, Member][] = [];
  const names: [string, number][] = [];
  const tokens: [string, SpentToken][] = [];
  const moves: [AgentId, Move][] = [];
  for (const row of fromPages(parts) as Iterable<unknown>) {
    if (!isRow(row)) throw wrongRow('members');
    switch (row[0]) {
      case 'member': members.push([row[1].agent, row[1]]); break;
      case 'name': names.push([row[1], row[2]]); break;
      case 'token': tokens.push([row[1], row[2]]); break;
      case 'move': moves.push([row[1], row[2]]); break;
      default: row satisfies never;
    }
  }
  return {
    members: OrderedMap.from(members),
    names: OrderedMap.from(names),
    spentTokens: OrderedMap.from(tokens),
    tokenExpiries: OrderedMap.from(tokens.map(([id, token]) => [expiryKey(token.forgetAtMs, id), id] as const)),
    moves: OrderedMap.from(moves),
  };
}

const isMember = (value: unknown): boolean => hasFields<Member>(value, {
  agent: isText, name: isText, kind: isText, accessRole: isText, permissions: (list) => isListOf(list, isText), status: isText, revoked: isFlag, resumeSecretHash: isText,
});
const isToken = (value: unknown): boolean => hasFields<SpentToken>(value, { agent: isText, resumeSecretHash: isText, forgetAtMs: isWhole });
const isNullOr = <Shape>(fields: Parameters<typeof hasFields<Shape>>[1]) => (value: unknown): boolean => value === null || hasFields<Shape>(value, fields);
const isMove = (value: unknown): boolean => hasFields<Move>(value, {
  offer: isNullOr<NonNullable<Move['offer']>>({ codeHash: isText, expiresAtMs: isWhole }), last: isNullOr<NonNullable<Move['last']>>({ codeHash: isText, leftSecretHash: isText }),
});

function isRow(value: unknown): value is Row {
  if (!Array.isArray(value)) return false;
  const [kind, first, second]: readonly unknown[] = value;
  switch (kind) {
    case 'member': return isMember(first);
    case 'name': return isText(first) && isWhole(second);
    case 'token': return isText(first) && isToken(second);
    case 'move': return isText(first) && isMove(second);
    default: return false;
  }
}
