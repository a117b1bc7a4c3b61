/** Where a manager is on its host's port, as what comes before the paths that every manager serves. */
export function placeOfManager(manager: string): string {
  return `/managers/${manager}`;
}

/** `null` for a path that is no manager's. */
export function managerOfPlace(place: string): string | null {
  return /^\/managers\/([a-z0-9-]{1,32})$/.exec(place)?.[1] ?? null;
}
