/** Origins of the pages that a control plane serves: as it is named, and as people on its own machine may type it. */
export function pageOrigins(controlPlane: string | null): readonly string[] {
  if (controlPlane === null || !URL.canParse(controlPlane)) return [];
  const { origin, protocol, port } = new URL(controlPlane);
  const place = port === '' ? '' : `:${port}`;
  return [...new Set([origin, `${protocol}//localhost${place}`, `${protocol}//127.0.0.1${place}`])];
}
