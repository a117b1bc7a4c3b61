// What a bundler may take for `zod/mini` in a page: an eighth of its size. The codec only walks the definitions of its schemas
// (packages/protocol/src/codec/compile.ts), and a page checks a few answers of the control plane, so this keeps definitions and `safeParse`
// and nothing else. (What only defines has no side effects: a bundler is told so, and drops what is not used.) A build with it: `resolve.alias` from `zod/mini` to `@raft-mesh/mesh-browser/lean-schemas`.

type Check = (value: unknown) => boolean;
interface CheckDefinition { readonly check: string; readonly fn?: Check; readonly minimum?: number; readonly maximum?: number; readonly value?: number }
interface LeanCheck { readonly _zod: { readonly def: CheckDefinition } }

type Definition = { readonly checks?: readonly LeanCheck[] } & (
  | { readonly type: 'string' | 'boolean' }
  | { readonly type: 'number'; readonly isWhole?: true }
  | { readonly type: 'custom'; readonly fn: Check }
  | { readonly type: 'literal'; readonly values: readonly unknown[] }
  | { readonly type: 'enum'; readonly entries: Readonly<Record<string, unknown>> }
  | { readonly type: 'nullable' | 'optional'; readonly innerType: LeanSchema }
  | { readonly type: 'array'; readonly element: LeanSchema }
  | { readonly type: 'object'; readonly shape: Readonly<Record<string, LeanSchema>> }
  | { readonly type: 'union'; readonly discriminator: string; readonly options: readonly LeanSchema[] }
);

export type LeanResult = { readonly success: true; readonly data: unknown } | { readonly success: false; readonly error: { readonly issues: readonly { readonly message: string }[] } };

export interface LeanSchema {
  readonly _zod: { readonly def: Definition };
  readonly def: Definition;
  readonly shape: Readonly<Record<string, LeanSchema>>;
  check(...checks: readonly LeanCheck[]): LeanSchema;
  /** As zod's: keys that the schema does not name are left out. It says that a value does not fit, and not where. */
  safeParse(value: unknown): LeanResult;
}

/** In place of a value that does not fit. */
const misfit = Symbol('misfit');

function schema(def: Definition): LeanSchema {
  return {
    _zod: { def }, def, shape: def.type === 'object' ? def.shape : {},
    check: (...checks) => schema({ ...def, checks: [...(def.checks ?? []), ...checks] }),
    safeParse: (value) => {
      const data = read(def, value);
      return data === misfit ? { success: false, error: { issues: [{ message: 'it has another shape' }] } } : { success: true, data };
    },
  };
}

function read(def: Definition, value: unknown): unknown {
  const found = readType(def, value);
  return found === misfit || !(def.checks ?? []).every(({ _zod }) => passes(_zod.def, found)) ? misfit : found;
}

function readType(def: Definition, value: unknown): unknown {
  switch (def.type) {
    case 'string': case 'boolean': return typeof value === def.type ? value : misfit;
    case 'number': return typeof value === 'number' && (def.isWhole === true ? Number.isSafeInteger(value) : Number.isFinite(value)) ? value : misfit;
    case 'custom': return def.fn(value) ? value : misfit;
    case 'literal': return def.values.includes(value) ? value : misfit;
    case 'enum': return Object.values(def.entries).includes(value) ? value : misfit;
    case 'nullable': return value === null ? null : read(def.innerType.def, value);
    case 'optional': return value === undefined ? undefined : read(def.innerType.def, value);
    case 'array': {
      if (!Array.isArray(value)) return misfit;
      const items = value.map((item) => read(def.element.def, item));
      return items.includes(misfit) ? misfit : items;
    }
    case 'object': return readObject(def.shape, value);
    case 'union': {
      const option = def.options.find(({ shape }) => isObject(value) && shape[def.discriminator]?.safeParse(value[def.discriminator]).success === true);
      return option === undefined ? misfit : read(option.def, value);
    }
    default: return def satisfies never;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

function readObject(shape: Readonly<Record<string, LeanSchema>>, value: unknown): unknown {
  if (!isObject(value)) return misfit;
  const made: Record<string, unknown> = {};
  for (const [key, { def }] of Object.entries(shape)) {
    const part = read(def, Object.hasOwn(value, key) ? value[key] : undefined);
    if (part === misfit) return misfit;
    if (Object.hasOwn(value, key)) made[key] = part;
  }
  return made;
}

function passes({ check, fn, minimum = 0, maximum = 0, value: bound = 0 }: CheckDefinition, value: unknown): boolean {
  switch (check) {
    case 'custom': return fn?.(value) === true;
    case 'min_length': return (value as { readonly length: number }).length >= minimum;
    case 'max_length': return (value as { readonly length: number }).length <= maximum;
    case 'greater_than': return (value as number) >= bound;
    case 'less_than': return (value as number) <= bound;
    default: throw new Error(`the lean schemas have no check ${check}`);
  }
}

const checkOf = (def: CheckDefinition): LeanCheck => ({ _zod: { def } });

export const string = /* @__NO_SIDE_EFFECTS__ */ (): LeanSchema => schema({ type: 'string' });
export const boolean = /* @__NO_SIDE_EFFECTS__ */ (): LeanSchema => schema({ type: 'boolean' });
export const number = /* @__NO_SIDE_EFFECTS__ */ (): LeanSchema => schema({ type: 'number' });
export const int = /* @__NO_SIDE_EFFECTS__ */ (): LeanSchema => schema({ type: 'number', isWhole: true });
export const custom = /* @__NO_SIDE_EFFECTS__ */ (fn: Check): LeanSchema => schema({ type: 'custom', fn });
export const literal = /* @__NO_SIDE_EFFECTS__ */ (value: unknown): LeanSchema => schema({ type: 'literal', values: Array.isArray(value) ? value : [value] });
const enumeration = /* @__NO_SIDE_EFFECTS__ */ (values: readonly string[]): LeanSchema => schema({ type: 'enum', entries: Object.fromEntries(values.map((value) => [value, value])) });
export { enumeration as enum };
export const nullable = /* @__NO_SIDE_EFFECTS__ */ (innerType: LeanSchema): LeanSchema => schema({ type: 'nullable', innerType });
export const optional = /* @__NO_SIDE_EFFECTS__ */ (innerType: LeanSchema): LeanSchema => schema({ type: 'optional', innerType });
export const array = /* @__NO_SIDE_EFFECTS__ */ (element: LeanSchema): LeanSchema => schema({ type: 'array', element });
export const object = /* @__NO_SIDE_EFFECTS__ */ (shape: Readonly<Record<string, LeanSchema>>): LeanSchema => schema({ type: 'object', shape });
export const discriminatedUnion = /* @__NO_SIDE_EFFECTS__ */ (discriminator: string, options: readonly LeanSchema[]): LeanSchema => schema({ type: 'union', discriminator, options });

export const refine = /* @__NO_SIDE_EFFECTS__ */ (fn: Check): LeanCheck => checkOf({ check: 'custom', fn });
export const minLength = /* @__NO_SIDE_EFFECTS__ */ (minimum: number): LeanCheck => checkOf({ check: 'min_length', minimum });
export const maxLength = /* @__NO_SIDE_EFFECTS__ */ (maximum: number): LeanCheck => checkOf({ check: 'max_length', maximum });
export const gte = /* @__NO_SIDE_EFFECTS__ */ (value: number): LeanCheck => checkOf({ check: 'greater_than', value });
export const lte = /* @__NO_SIDE_EFFECTS__ */ (value: number): LeanCheck => checkOf({ check: 'less_than', value });

/** zod's settings and its descriptions for JSON Schema: nothing that a page needs. */
export const config = (_settings: unknown): void => undefined;
export const globalRegistry = { add: (_schema: unknown, _description: unknown): void => undefined };
