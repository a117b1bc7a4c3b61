import * as z from 'zod/mini';
import type { JsonValue } from '../../json.ts';
import { jsonProblem } from '../../json-check.ts';

export const keyCharactersMax = 256;
// Segments between single slashes, none empty, no control characters.
// eslint-disable-next-line no-control-regex -- control characters are what is kept out
const keyPattern = /^[^\u0000-\u001f\u007f/]+(?:\/[^\u0000-\u001f\u007f/]+)*$/u;

export const key = z.string().check(z.maxLength(keyCharactersMax), z.regex(keyPattern, 'must be segments between single slashes, with no control characters'));
export const prefix = z.string().check(z.maxLength(keyCharactersMax));
export const json = z.custom<JsonValue>((value) => jsonProblem(value) === null, 'must be JSON');
/** A version that was read before; 0 for "not there". */
export const version = z.number().check(z.refine((value) => Number.isSafeInteger(value) && value >= 0, 'must be a version, or 0 for absent'));
