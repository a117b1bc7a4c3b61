import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Refusal, StandInUsers } from './auth-stand-in-users.ts';

type Body = Readonly<Record<string, unknown>>;

/** Not the Auth emulator of Firebase: what of it these tests use, in this process. `port`: where it listens, on loopback. Pages of any origin may ask. */
export async function startAuthStandIn(projectId: string): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const users = new StandInUsers(projectId);
  const accounts = '/identitytoolkit.googleapis.com/v1';
  const ofProject = `/emulator/v1/projects/${projectId}`;
  const configuration = (): object => ({ signIn: { allowDuplicateEmails: false }, emailPrivacyConfig: { enableImprovedEmailPrivacy: users.hidesEmails } });
  const routes: Readonly<Record<string, (body: Body) => object>> = {
    [`POST ${accounts}/accounts:signUp`]: (body) => users.signUp(body),
    [`POST ${accounts}/accounts:signInWithPassword`]: (body) => users.signInWithPassword(body),
    [`POST ${accounts}/accounts:lookup`]: (body) => users.lookup(body),
    [`POST ${accounts}/accounts:update`]: (body) => users.update(body),
    [`POST ${accounts}/accounts:sendOobCode`]: (body) => users.sendCode(body),
    [`POST ${accounts}/accounts:resetPassword`]: (body) => users.resetPassword(body),
    [`POST ${accounts}/projects/${projectId}/accounts:lookup`]: (body) => users.lookupByIds(body),
    'POST /securetoken.googleapis.com/v1/token': (body) => users.refresh(body),
    [`GET ${ofProject}/oobCodes`]: () => users.codes(),
    [`GET ${ofProject}/config`]: configuration,
    [`PATCH ${ofProject}/config`]: (body) => {
      users.hidesEmails = Object(body['emailPrivacyConfig'])['enableImprovedEmailPrivacy'] === true;
      return configuration();
    },
  };
  const answerTo = (route: string, body: Body): { readonly status: number; readonly answer: object } => {
    const handle = routes[route];
    if (handle === undefined) return refused(404, 'NOT_FOUND', 'notFound');
    try {
      return { status: 200, answer: handle(body) };
    } catch (error) {
      if (error instanceof Refusal) return refused(400, error.message, 'invalid');
      throw error;
    }
  };
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const forPages = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*', 'access-control-allow-methods': '*', 'access-control-max-age': '60' };
      if (request.method === 'OPTIONS') { response.writeHead(204, forPages).end(); return; }
      const { status, answer } = answerTo(`${request.method ?? ''} ${(request.url ?? '').split('?')[0] ?? ''}`, body);
      response.writeHead(status, { ...forPages, 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address with a port');
  return { port: address.port, stop: () => new Promise((resolve) => { server.close(() => resolve()); server.closeAllConnections(); }) };
}

const refused = (status: number, message: string, reason: string): { readonly status: number; readonly answer: object } => ({ status, answer: { error: { code: status, message, errors: [{ message, reason, domain: 'global' }] } } });

/** JSON, or a form: that is how the SDK has a token renewed. */
async function readBody(request: IncomingMessage): Promise<Body> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString('utf8');
  if (request.headers['content-type']?.includes('x-www-form-urlencoded') === true) return Object.fromEntries(new URLSearchParams(text));
  const value: unknown = JSON.parse(text || '{}');
  return typeof value === 'object' && value !== null ? (value as Body) : {};
}
