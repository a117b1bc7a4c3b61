import type * as z from 'zod/mini';
import * as primitives from '../primitives.ts';
import { fail, invalid } from './fault.ts';
import type { Fault } from './fault.ts';
import { bytesShape, leafShape } from './leaf-shapes.ts';
import type { Field, Shape } from './shape.ts';

// Each schema is walked once, when this package loads. Running zod itself on every message would cost more than the
// rest of the codec together: a replication message holds thousands of values.

const names = new Map<z.core.$ZodType, string>([
  [primitives.meshId, 'a mesh id (1 to 64 of A-Z a-z 0-9 _ -)'],
  [primitives.managerId, 'a manager id (1 to 32 of a-z 0-9 -)'],
  [primitives.bootId, 'a boot id (1 to 64 of A-Z a-z 0-9 _ -)'],
  [primitives.agentId, 'an agent id (1 to 64 of A-Z a-z 0-9 _ -)'],
  [primitives.sessionId, 'a session id (1 to 64 of A-Z a-z 0-9 _ -)'],
  [primitives.nodeId, 'a node id (manager id, colon, manager incarnation)'],
  [primitives.wholeNumber, 'a whole number from 0'],
  [primitives.positiveInteger, 'a whole number from 1'],
  [primitives.json, 'a JSON value'],
]);

/** Throws on schemas that have no wire form (a bug of this package, seen when it loads). */
export function compile(schema: z.core.$ZodType): Shape {
  if (schema === primitives.bytes) return bytesShape;
  const name = names.get(schema);
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'custom': return leafShape(known(name, 'custom'), (def as unknown as { readonly fn: (value: unknown) => boolean }).fn);
    case 'number': {
      const checks = (def.checks ?? []).map(customCheck);
      return leafShape(known(name, 'number'), (value) => typeof value === 'number' && checks.every((check) => check(value)));
    }
    case 'string': return stringShape(def.checks ?? []);
    case 'boolean': return leafShape('true or false', (value) => typeof value === 'boolean');
    case 'literal': return choiceShape(def.values);
    case 'enum': return choiceShape(Object.values(def.entries));
    case 'nullable': return nullableShape(compile(def.innerType));
    case 'optional': return optionalShape(compile(def.innerType));
    case 'array': return arrayShape(compile(def.element), lengthBounds(def.checks ?? []).maximum);
    case 'object': return objectShape(fieldsOf(def.shape));
    case 'union': return unionShape(def as z.core.$ZodDiscriminatedUnionDef);
    default: throw new Error(`the schema type ${def.type} has no wire form: use one that compile.ts knows, or teach it`);
  }
}

export function fieldsOf(shape: Readonly<Record<string, z.core.$ZodType>>): Field[] {
  return Object.entries(shape).map(([key, schema]) => ({ key, shape: compile(schema) }));
}

export function objectShape(fields: readonly Field[]): Shape {
  const description = `[${fields.map(({ key, shape }) => `${key}: ${shape.description}`).join(', ')}]`;
  return {
    description,
    toTuple: (value) => fieldsToTuple(fields, value, []),
    fromTuple: (raw, fault) => (Array.isArray(raw) && raw.length === fields.length ? fieldsFromTuple(fields, raw, 0, {}, fault) : fail(fault, `an array of ${fields.length}: ${description}`)),
    toJson: (value) => {
      const json: Record<string, unknown> = {};
      for (const { key, shape } of fields) json[key] = shape.toJson((value as Readonly<Record<string, unknown>>)[key]);
      return json;
    },
    fromJson: (raw, fault) => {
      if (typeof raw !== 'object' || raw === null) return fail(fault, `an object with ${fields.map(({ key }) => key).join(', ')}`);
      const value: Record<string, unknown> = {};
      for (const { key, shape } of fields) {
        const part = shape.fromJson(Object.hasOwn(raw, key) ? (raw as Readonly<Record<string, unknown>>)[key] : undefined, fault);
        if (part === invalid) return within(key, fault);
        if (part !== undefined) value[key] = part;
      }
      return value;
    },
  };
}

/** Appends the fields of `value` in their order. */
export function fieldsToTuple(fields: readonly Field[], value: unknown, tuple: unknown[]): unknown[] {
  for (const { key, shape } of fields) tuple.push(shape.toTuple((value as Readonly<Record<string, unknown>>)[key]));
  return tuple;
}

/** Reads the fields from `tuple[at]` on into `value`. */
export function fieldsFromTuple(fields: readonly Field[], tuple: readonly unknown[], at: number, value: Record<string, unknown>, fault: Fault): Record<string, unknown> | typeof invalid {
  let place = at;
  for (const { key, shape } of fields) {
    const part = shape.fromTuple(tuple[place], fault);
    if (part === invalid) return within(key, fault);
    if (part !== undefined) value[key] = part;
    place += 1;
  }
  return value;
}

function within(step: string | number, fault: Fault): typeof invalid {
  fault.path.push(step);
  return invalid;
}

function choiceShape(choices: readonly unknown[]): Shape {
  const allowed = new Set(choices);
  const quoted = choices.map((choice) => JSON.stringify(choice)).join(', ');
  return leafShape(choices.length === 1 ? quoted : `one of ${quoted}`, (value) => allowed.has(value));
}

function nullableShape(inner: Shape): Shape {
  return {
    description: `${inner.description}, or null`,
    toTuple: (value) => (value === null ? null : inner.toTuple(value)),
    fromTuple: (raw, fault) => (raw === null ? null : inner.fromTuple(raw, fault)),
    toJson: (value) => (value === null ? null : inner.toJson(value)),
    fromJson: (raw, fault) => (raw === null ? null : inner.fromJson(raw, fault)),
  };
}

/** Left out of objects when there is none; a tuple holds null in its place. */
function optionalShape(inner: Shape): Shape {
  return {
    description: `${inner.description}, or null (left out in JSON)`,
    toTuple: (value) => (value === undefined ? null : inner.toTuple(value)),
    fromTuple: (raw, fault) => (raw === null ? undefined : inner.fromTuple(raw, fault)),
    toJson: (value) => (value === undefined ? undefined : inner.toJson(value)),
    fromJson: (raw, fault) => (raw === undefined ? undefined : inner.fromJson(raw, fault)),
  };
}

function arrayShape(element: Shape, lengthMax: number): Shape {
  const description = `an array${lengthMax === Number.POSITIVE_INFINITY ? '' : ` of at most ${lengthMax}`}, each ${element.description}`;
  const from = (read: Shape['fromTuple']): Shape['fromTuple'] => (raw, fault) => {
    if (!Array.isArray(raw) || raw.length > lengthMax) return fail(fault, description);
    const items: unknown[] = [];
    for (let at = 0; at < raw.length; at += 1) {
      const item = read(raw[at], fault);
      if (item === invalid) return within(at, fault);
      items.push(item);
    }
    return items;
  };
  return {
    description,
    toTuple: (value) => (value as readonly unknown[]).map(element.toTuple),
    fromTuple: from(element.fromTuple),
    toJson: (value) => (value as readonly unknown[]).map(element.toJson),
    fromJson: from(element.fromJson),
  };
}

/** An array that begins with the discriminator, so that a reader knows the rest. */
function unionShape(def: z.core.$ZodDiscriminatedUnionDef): Shape {
  const { discriminator } = def;
  if (discriminator === undefined) throw new Error('a union without a discriminator has no wire form');
  const options = new Map<unknown, Shape>();
  for (const option of def.options) {
    const { def: optionDef } = (option as z.core.$ZodTypes)._zod;
    if (optionDef.type !== 'object' || Object.keys(optionDef.shape)[0] !== discriminator) throw new Error(`each case of a union must be an object whose first key is ${discriminator}`);
    const { def: literal } = (optionDef.shape[discriminator] as z.core.$ZodTypes)._zod;
    if (literal.type !== 'literal') throw new Error(`${discriminator} must be a literal`);
    for (const value of literal.values) options.set(value, compile(option));
  }
  const expected = `${discriminator} one of ${[...options.keys()].map((key) => JSON.stringify(key)).join(', ')}`;
  const chosen = (value: unknown): Shape => {
    const shape = options.get((value as Readonly<Record<string, unknown>>)[discriminator]);
    if (shape === undefined) throw new Error(`cannot encode: ${expected}`);
    return shape;
  };
  return {
    description: [...options.values()].map((shape) => shape.description).join(' or '),
    toTuple: (value) => chosen(value).toTuple(value),
    fromTuple: (raw, fault) => (Array.isArray(raw) ? options.get(raw[0]) : undefined)?.fromTuple(raw, fault) ?? fail(fault, `an array that begins with ${expected}`),
    toJson: (value) => chosen(value).toJson(value),
    fromJson: (raw, fault) => {
      const key: unknown = typeof raw === 'object' && raw !== null && Object.hasOwn(raw, discriminator) ? (raw as Readonly<Record<string, unknown>>)[discriminator] : undefined;
      return options.get(key)?.fromJson(raw, fault) ?? fail(fault, `an object with ${expected}`);
    },
  };
}

function stringShape(checks: readonly z.core.$ZodCheck[]): Shape {
  const { minimum, maximum } = lengthBounds(checks);
  const description = maximum === Number.POSITIVE_INFINITY ? `text of at least ${minimum} characters` : `text of ${minimum} to ${maximum} characters`;
  return leafShape(description, (value) => typeof value === 'string' && value.length >= minimum && value.length <= maximum);
}

function lengthBounds(checks: readonly z.core.$ZodCheck[]): { readonly minimum: number; readonly maximum: number } {
  let [minimum, maximum] = [0, Number.POSITIVE_INFINITY];
  for (const check of checks) {
    const def = check._zod.def as { readonly check: string; readonly minimum?: number; readonly maximum?: number };
    if (def.check === 'min_length' && def.minimum !== undefined) minimum = def.minimum;
    else if (def.check === 'max_length' && def.maximum !== undefined) maximum = def.maximum;
    else throw new Error(`the check ${def.check} has no wire form`);
  }
  return { minimum, maximum };
}

function customCheck(check: z.core.$ZodCheck): (value: unknown) => boolean {
  const def = check._zod.def as { readonly check: string; readonly fn?: (value: unknown) => boolean };
  if (def.check !== 'custom' || def.fn === undefined) throw new Error(`the check ${def.check} has no wire form`);
  return def.fn;
}

function known(name: string | undefined, type: string): string {
  if (name === undefined) throw new Error(`a schema of type ${type} needs a name in compile.ts`);
  return name;
}
