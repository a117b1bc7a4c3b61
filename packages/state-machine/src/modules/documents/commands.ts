import * as z from 'zod/mini';
import { jsonBytes } from '../../canonical-json.ts';
import { applied, defineCommand, refused } from '../../define.ts';
import type { JsonValue } from '../../json.ts';
import { jsonProblem } from '../../json-check.ts';
import type { Applied } from '../../module.ts';
import type { AccessRole, Caller } from '../../agent.ts';
import { mayWrite } from './access.ts';
import { mergePatch as merge } from './merge-patch.ts';
import { json, key, version } from './schemas.ts';
import type { DocumentsState } from './state.ts';
import { documentsMax, totalBytesMax, valueBytesMax, valueDepthMax, withDocument, withoutDocument } from './state.ts';

// Who holds no permission by name may still write under its own key, which `authorize` decides.
const guarded = {
  accessRoles: ['admin'] as readonly AccessRole[],
  authorize: (args: { readonly key: string }, caller: Caller, granted: boolean) => mayWrite(args.key, caller, granted),
};

const putSchema = z.object({ key, value: json });

/** Writes a value, whatever was there. Answers `{version}`. */
export const put = defineCommand<DocumentsState, z.infer<typeof putSchema>>({
  ...guarded,
  schema: putSchema,
  apply: (state, args, ctx) => write(state, args.key, args.value, ctx.index),
});

const compareAndSetSchema = z.object({ key, expectedVersion: version, value: json });

/** Writes a value if the document still has the version that was read; 0 if it must not be there yet. Answers `{version}`. */
export const compareAndSet = defineCommand<DocumentsState, z.infer<typeof compareAndSetSchema>>({
  ...guarded,
  schema: compareAndSetSchema,
  apply: (state, args, ctx) => conflict(state, args.key, args.expectedVersion) ?? write(state, args.key, args.value, ctx.index),
});

const mergePatchSchema = z.object({ key, patch: json, expectedVersion: z.optional(version) });

/** Changes parts of a value (RFC 7396); a document that is not there counts as empty. Answers `{version}`. */
export const mergePatch = defineCommand<DocumentsState, z.infer<typeof mergePatchSchema>>({
  ...guarded,
  schema: mergePatchSchema,
  apply: (state, args, ctx) =>
    conflict(state, args.key, args.expectedVersion) ?? write(state, args.key, merge(state.documents.get(args.key)?.value ?? null, args.patch), ctx.index),
});

const deleteSchema = z.object({ key, expectedVersion: z.optional(version) });

/** Takes a document away. Answers `{version}`, the one it had. */
export const deleteDocument = defineCommand<DocumentsState, z.infer<typeof deleteSchema>>({
  ...guarded,
  schema: deleteSchema,
  apply(state, args) {
    const document = state.documents.get(args.key);
    if (document === undefined) return refused('notFound', `There is no document ${args.key}.`);
    return conflict(state, args.key, args.expectedVersion) ?? applied(withoutDocument(state, args.key), { version: document.version });
  },
});

function conflict(state: DocumentsState, key: string, expectedVersion: number | undefined): Applied<DocumentsState> | null {
  const version = state.documents.get(key)?.version ?? 0;
  if (expectedVersion === undefined || expectedVersion === version) return null;
  return refused('versionConflict', `The document ${key} has version ${version}, not ${expectedVersion}. Read it again, then decide.`);
}

function write(state: DocumentsState, key: string, value: JsonValue, version: number): Applied<DocumentsState> {
  if (jsonProblem(value, valueDepthMax) !== null) return refused('tooDeep', `A value may have ${valueDepthMax} levels of objects and lists.`);
  const bytes = jsonBytes(value);
  if (bytes > valueBytesMax) return refused('tooLarge', `The value has ${bytes} bytes; ${valueBytesMax} are allowed. Split it over several keys.`);
  if (!state.documents.has(key) && state.documents.size >= documentsMax) return refused('tooManyDocuments', `The mesh keeps ${documentsMax} documents. Delete some.`);
  const next = withDocument(state, key, { version, value, bytes });
  if (next.totalBytes > totalBytesMax) return refused('documentsFull', `All documents together may have ${totalBytesMax} bytes. Delete some.`);
  return applied(next, { version });
}
