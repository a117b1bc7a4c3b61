import type { Effect } from './effect.ts';
import type { Input } from './input.ts';

/** Whoever still asks a stopped node gets an answer. */
export function refuseStopped(input: Input): readonly Effect[] {
  switch (input.type) {
    case 'propose': return [{ type: 'proposalRefused', proposalId: input.proposalId, reason: { code: 'stopped' } }];
    case 'changeConfiguration': return [{ type: 'changeRefused', changeId: input.changeId, reason: { code: 'stopped' } }];
    case 'transferLeadership': return [{ type: 'transferRefused', transferId: input.transferId, reason: { code: 'stopped' } }];
    case 'read': return [{ type: 'readRefused', readId: input.readId, reason: { code: 'stopped' } }];
    default: return [];
  }
}

/** What a step that must not happen had already answered, but for what `input` itself asks. */
export function answerStopped(begun: readonly Effect[], input: Input): readonly Effect[] {
  return begun.flatMap((effect): readonly Effect[] => {
    switch (effect.type) {
      case 'readReady': case 'readRefused':
        return input.type === 'read' && input.readId === effect.readId ? [] : refuseStopped({ type: 'read', readId: effect.readId });
      case 'changeDone': case 'changeRefused':
        return input.type === 'changeConfiguration' && input.changeId === effect.changeId ? [] : [{ type: 'changeRefused', changeId: effect.changeId, reason: { code: 'stopped' } }];
      case 'transferDone': case 'transferRefused':
        return input.type === 'transferLeadership' && input.transferId === effect.transferId ? [] : [{ type: 'transferRefused', transferId: effect.transferId, reason: { code: 'stopped' } }];
      default: return [];
    }
  });
}
