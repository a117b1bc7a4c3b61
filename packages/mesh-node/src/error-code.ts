/** The `code` that Node and client libraries put on their errors, `null` on any other value. Looks at the shape, because an error may come from another realm. */
export function errorCode(error: unknown): string | number | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' || typeof error.code === 'number' ? error.code : null;
}
