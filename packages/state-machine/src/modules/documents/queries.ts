import * as z from 'zod/mini';
import type { Viewer } from '../../agent.ts';
import type { JsonValue } from '../../json.ts';
import type { Query } from '../../module.ts';
import { mayRead } from './access.ts';
import { key, prefix } from './schemas.ts';
import type { DocumentsState, ShownDocument } from './state.ts';
import { documentsUnder } from './state.ts';

/** Documents in one list or view, and their bytes: both fit into a frame. */
export const listedDocumentsMax = 1000;
export const listedBytesMax = 512 * 1024;

const getSchema = z.object({ key });

/** `{key, version, value}`, or refused `notFound`. */
export const get: Query<DocumentsState, z.infer<typeof getSchema>> = {
  schema: getSchema,
  answer(state, args, viewer) {
    if (!mayRead(args.key, viewer)) return { found: false, refusal: { code: 'notAllowed', message: `The key ${args.key} is private to its agent.` } };
    const document = state.documents.get(args.key);
    if (document === undefined) return { found: false, refusal: { code: 'notFound', message: `There is no document ${args.key}.` } };
    return { found: true, value: { key: args.key, version: document.version, value: document.value } };
  },
};

const listSchema = z.object({
  prefix: z.optional(prefix),
  limit: z.optional(z.number().check(z.minimum(1), z.maximum(listedDocumentsMax))),
  /** The `cursor` of the page before. */
  cursor: z.optional(z.nullable(z.string().check(z.maxLength(256)))),
});

/** `{documents: [{key, version, value}], cursor}` in order of keys; `cursor` is `null` on the last page. Private documents of others are left out. */
export const list: Query<DocumentsState, z.infer<typeof listSchema>> = {
  schema: listSchema,
  answer(state, args, viewer) {
    const page = readPage(state, args.prefix ?? '', args.cursor ?? null, args.limit ?? listedDocumentsMax, viewer);
    return { found: true, value: { documents: page.documents, cursor: page.cursor } };
  },
};

const viewParameters = z.nullable(z.object({ prefix: z.optional(prefix) }));

/** The view `{documents, complete}`: the first documents under a prefix; `complete` is false when there are more than fit. */
export function viewDocuments(state: DocumentsState, viewer: Viewer, parameters: JsonValue): JsonValue {
  // Most watch everything, and say nothing.
  const prefix = parameters === null ? '' : viewParameters.safeParse(parameters).data?.prefix ?? '';
  const page = readPage(state, prefix, null, listedDocumentsMax, viewer);
  return { documents: page.documents, complete: page.cursor === null };
}

function readPage(state: DocumentsState, prefix: string, cursor: string | null, limit: number, viewer: Viewer): { readonly documents: readonly ShownDocument[]; readonly cursor: string | null } {
  const documents: ShownDocument[] = [];
  let bytes = 0;
  for (const [key, document] of documentsUnder(state, prefix, cursor)) {
    if (!mayRead(key, viewer)) continue;
    bytes += document.bytes + key.length * 3;
    if (documents.length > 0 && (documents.length >= limit || bytes > listedBytesMax)) return { documents, cursor: documents.at(-1)?.key ?? null };
    documents.push({ key, version: document.version, value: document.value });
  }
  return { documents, cursor: null };
}
