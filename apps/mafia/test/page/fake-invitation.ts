import type { MeshDescription } from '@raft-mesh/protocol';

const mesh = { mesh: 'fake', incarnation: 1, app: 'mafia', publicKey: 'none', createdAt: 'now', managers: [] } as unknown as MeshDescription;

/** A private link, as another device would have made it. */
const seat = `seat=${btoa(JSON.stringify({ mesh: { mesh: 'fake', incarnation: 1, managers: [] }, token: `move.Robin.${'A'.repeat(43)}`, name: 'Robin', invitation: null })).replace(/=+$/u, '')}`;
const query = new URLSearchParams(location.search);
const scene = query.get('scene');
export const takeInvitationCode = (): string | null => (query.has('by') ? 'mesh=fake' : scene === 'uninvited' ? null : scene === 'move' ? seat : scene === 'cut' ? 'seat=x' : 'code');
export const isSeatLink = (code: string): boolean => code.startsWith('seat=');
export const redeemInvitation = async (_code: string, _name: string): Promise<{ ok: true; token: string; mesh: MeshDescription }> => ({ ok: true, token: 'none', mesh });
export const invitationLink = (code: string): string => `https://mafia.example/#invitation=${code}-qJ4m1Zk8sV0pWx7R`;
export const forgetInvitationCode = (): void => undefined;
export const followNewLinks = (): void => undefined;
export const signInMesh = (code: string): string | null => (code === 'mesh=fake' ? 'fake' : null);
