import { fileURLToPath } from 'node:url';
import { credentials, loadPackageDefinition, type Client } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

type Call<Request, Response> = (request: Request, done: (error: Error | null, response: Response) => void) => void;
interface Kv extends Client { readonly Put: Call<{ readonly key: Buffer; readonly value: Buffer }, unknown> }
interface Maintenance extends Client { readonly Status: Call<Record<string, never>, EtcdStatus> }

interface EtcdStatus {
  readonly version: string;
  readonly leader: string;
  readonly header: { readonly member_id: string };
}

const definition = loadSync(fileURLToPath(new URL('./etcd.proto', import.meta.url)), { longs: String, keepCase: true });
const { etcdserverpb } = loadPackageDefinition(definition) as unknown as { readonly etcdserverpb: { readonly KV: new (address: string, how: unknown) => Kv; readonly Maintenance: new (address: string, how: unknown) => Maintenance } };

/** A thin client of one etcd process: gRPC with nothing around it, so that as little as possible is the client's. */
export class EtcdClient {
  readonly #kv: Kv;
  readonly #maintenance: Maintenance;

  /** `address` as `host:port`. */
  constructor(address: string) {
    this.#kv = new etcdserverpb.KV(address, credentials.createInsecure());
    this.#maintenance = new etcdserverpb.Maintenance(address, credentials.createInsecure());
  }

  /** Resolves when the value is committed; false when it is not known to be. */
  put(key: string, value: string): Promise<boolean> {
    return new Promise((resolve) => { this.#kv.Put({ key: Buffer.from(key), value: Buffer.from(value) }, (error) => resolve(error === null)); });
  }

  /** `null` while it does not answer. */
  status(): Promise<{ readonly version: string; readonly leads: boolean } | null> {
    return new Promise((resolve) => {
      this.#maintenance.Status({}, (error, status) => resolve(error === null ? { version: status.version, leads: status.leader !== '0' && status.leader === status.header.member_id } : null));
    });
  }

  close(): void {
    this.#kv.close();
    this.#maintenance.close();
  }
}
