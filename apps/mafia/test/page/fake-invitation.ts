import type { MeshDescription } from '@raft-mesh/protocol';

const mesh = { mesh: 'fake', incarnation: 1, app: 'mafia', publicKey: 'none', createdAt: 'now', managers: [] } as unknown as MeshDescription;

export const takeInvitationCode = (): string => 'code';
export const redeemInvitation = async (_code: string, _name: string): Promise<{ ok: true; token: string; mesh: MeshDescription }> => ({ ok: true, token: 'none', mesh });
export const forgetInvitationCode = (): void => undefined;
export const followNewLinks = (): void => undefined;
