import type { DocumentHistory, KnownOperation } from './document-operation.ts';

/** A version that certainly was. `writer` is the place of the known write that made it; `null`: an unknown one must have. */
export interface Made { readonly version: number; readonly writer: number | null }

/** The known operations of one document, by what they say of its versions. Operations are named by their places in `known`. */
export interface VersionIndex {
  /** Rising. */
  readonly made: readonly Made[];
  /** Who saw the version. */
  readonly saw: ReadonlyMap<number, readonly number[]>;
  /** Who replaced or deleted just this version. */
  readonly left: ReadonlyMap<number, readonly number[]>;
  readonly sawAbsent: readonly number[];
  readonly sawOther: readonly number[];
  /** Versions that somebody found not to be there. */
  readonly missed: ReadonlySet<number>;
}

export function indexVersions({ known }: DocumentHistory): VersionIndex {
  const written: Made[] = [];
  const mentioned = new Set<number>();
  const missed = new Set<number>();
  const saw = new Map<number, number[]>();
  const left = new Map<number, number[]>();
  known.forEach(({ effect }, place) => {
    switch (effect.kind) {
      case 'write':
        written.push({ version: effect.version, writer: place });
        if (effect.expectedVersion === null || effect.expectedVersion === 0) return;
        mentioned.add(effect.expectedVersion);
        add(left, effect.expectedVersion, place);
        return;
      case 'delete': mentioned.add(effect.version); add(left, effect.version, place); return;
      case 'saw': mentioned.add(effect.version); add(saw, effect.version, place); return;
      case 'sawOther': missed.add(effect.thanVersion); return;
      case 'sawAbsent': return;
      default: effect satisfies never;
    }
  });
  for (const { version } of written) mentioned.delete(version);
  const orphans = [...mentioned].map((version): Made => ({ version, writer: null }));
  return {
    made: [...written, ...orphans].sort((one, other) => one.version - other.version), saw, left, missed,
    sawAbsent: placesOf(known, 'sawAbsent'), sawOther: placesOf(known, 'sawOther'),
  };
}

function add(index: Map<number, number[]>, version: number, place: number): void {
  const places = index.get(version);
  if (places === undefined) index.set(version, [place]);
  else places.push(place);
}

function placesOf(known: readonly KnownOperation[], kind: 'sawAbsent' | 'sawOther'): readonly number[] {
  return known.flatMap(({ effect }, place) => (effect.kind === kind ? [place] : []));
}
