import type { Caller, Viewer } from '../../agent.ts';

const agentsPrefix = 'agents/';

/** The agent whose own state a key belongs to: `agents/<agent id>/…`; `null` for every other key. */
function ownerOf(key: string): string | null {
  if (!key.startsWith(agentsPrefix)) return null;
  const ownerEnds = key.indexOf('/', agentsPrefix.length);
  return ownerEnds === -1 ? null : key.slice(agentsPrefix.length, ownerEnds);
}

/** An agent's own state is written by itself and by admins; all else by those who hold the permission. */
export function mayWrite(key: string, caller: Caller, granted: boolean): boolean {
  const owner = ownerOf(key);
  if (owner === null || caller.accessRole === 'admin') return granted;
  return owner === caller.agent && caller.accessRole !== 'spectator';
}

/** Everyone reads everything, but what is under `agents/<agent id>/private/`: that is for the agent and admins. */
export function mayRead(key: string, viewer: Viewer): boolean {
  const owner = ownerOf(key);
  if (owner === null || key.split('/', 3)[2] !== 'private') return true;
  return viewer.accessRole === 'admin' || viewer.agent === owner;
}
