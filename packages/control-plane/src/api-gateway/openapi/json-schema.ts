import * as z from 'zod/mini';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** A schema as JSON Schema 2020-12, which is what OpenAPI 3.1 speaks. `input`: what may be sent; `output`: what comes back. */
export function jsonSchemaOf(schema: z.ZodMiniType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' });
  return rest;
}
