import type { Link } from '@raft-mesh/mesh';
import { protocolVersion, type ManagerId, type MeshIdentity, type WireMessage } from '@raft-mesh/protocol';
import type { AgentId, SessionId } from '@raft-mesh/state-machine';
import { createWebSocketDialer } from '@raft-mesh/transport-websocket';

/** Who reads, as its directory says. */
export interface Reader extends MeshIdentity {
  readonly agent: AgentId;
  readonly resumeSecret: string;
  readonly session: SessionId;
}

export interface ReadOptions {
  readonly url: string;
  readonly reader: Reader;
  readonly key: string;
  /** False: linearizable. */
  readonly stale: boolean;
  /** Goes on asking until the answer stands at this index or later. */
  readonly minIndex?: number;
  /** By `performance.now()`. */
  readonly deadlineMs: number;
}

export interface ReadAnswer {
  readonly index: number;
  /** Who leads, as the manager said in its welcome. */
  readonly leader: ManagerId | null;
  /** By `performance.now()`. */
  readonly welcomedAtMs: number;
  readonly answeredAtMs: number;
}

const offerIntervalMs = 2;
const staleIntervalMs = 100;

/** Reads one document through one manager alone: dials until it is there, then asks every few ms until it answers. */
export async function readThrough(options: ReadOptions): Promise<ReadAnswer> {
  for (;;) {
    const answer = await attempt(options);
    if (answer !== null) return answer;
    if (performance.now() > options.deadlineMs) throw new Error(`no read was answered through ${options.url} in time`);
    await new Promise((resolve) => { setTimeout(resolve, offerIntervalMs); });
  }
}

function attempt({ url, reader, key, stale, minIndex = 0, deadlineMs }: ReadOptions): Promise<ReadAnswer | null> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | null = null;
    let request = 0;
    let welcomed: { readonly leader: ManagerId | null; readonly welcomedAtMs: number } | null = null;
    const end = (answer: ReadAnswer | null): void => {
      if (timer !== null) clearInterval(timer);
      resolve(answer);
      link.close();
    };
    const ask = (): void => {
      if (performance.now() > deadlineMs) { end(null); return; }
      request += 1;
      link.send({ type: 'query', request, module: 'documents', query: 'get', arguments: { key }, stale });
    };
    const hear = (message: WireMessage): void => {
      if (message.type === 'welcome') {
        welcomed = { leader: message.leader, welcomedAtMs: performance.now() };
        ask();
        timer = setInterval(ask, stale ? staleIntervalMs : offerIntervalMs);
      } else if (message.type === 'queryAnswer' && welcomed !== null && message.result.status === 'answered' && message.result.index >= minIndex) {
        end({ index: message.result.index, ...welcomed, answeredAtMs: performance.now() });
      }
    };
    const link: Link = createWebSocketDialer().dial(url, reader, {
      onOpen: () => link.send({ type: 'hello', protocolVersion, agentKind: 'cli', credential: { kind: 'resume', agent: reader.agent, resumeSecret: reader.resumeSecret }, session: { id: reader.session, opened: true } }),
      onMessages: (messages) => { for (const message of messages) hear(message); },
      onInvalid: () => {},
      onEnd: () => end(null),
    });
  });
}
