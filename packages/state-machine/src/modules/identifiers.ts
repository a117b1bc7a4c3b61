import * as z from 'zod/mini';
import type { AgentId, SessionId } from '../agent.ts';

const identifier = /^[A-Za-z0-9_-]{1,64}$/;

export const agentId = z.custom<AgentId>((value) => typeof value === 'string' && identifier.test(value), 'must be 1 to 64 letters, digits, - or _');
export const sessionId = z.custom<SessionId>((value) => typeof value === 'string' && identifier.test(value), 'must be 1 to 64 letters, digits, - or _');
