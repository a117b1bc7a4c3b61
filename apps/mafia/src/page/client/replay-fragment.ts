// All that a page needs of links to replays before it has seen one.

export const replayPrefix = '#replay=';

/** What is in the fragment of a link to a replay, still packed; `null` for any other link. */
export const packedReplayIn = (fragment: string): string | null => (fragment.startsWith(replayPrefix) ? fragment.slice(replayPrefix.length) : null);
