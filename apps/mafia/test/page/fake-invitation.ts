import type { MeshDescription } from '@raft-mesh/protocol';

const mesh = { mesh: 'fake', incarnation: 1, app: 'mafia', publicKey: 'none', createdAt: 'now', managers: [] } as unknown as MeshDescription;

export const takeInvitationCode = (): string | null => (new URLSearchParams(location.search).get('scene') === 'uninvited' ? null : 'code');
export const redeemInvitation = async (_code: string, _name: string): Promise<{ ok: true; token: string; mesh: MeshDescription }> => ({ ok: true, token: 'none', mesh });
export const invitationLink = (code: string): string => `https://mafia.example/#invitation=${code}-qJ4m1Zk8sV0pWx7R`;
export const forgetInvitationCode = (): void => undefined;
export const followNewLinks = (): void => undefined;
