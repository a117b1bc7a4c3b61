// A worker of its own process, so that its spans come by its own exporter. Arguments: a file with a JSON join answer, how many commands.
import { readFile } from 'node:fs/promises';
import { connectWorker, type JoinMeshOptions } from '@raft-mesh/mesh-node';
import type { MeshDescription } from '@raft-mesh/protocol';

const [file = '', count = '1'] = process.argv.slice(2);
const { mesh, token, name } = JSON.parse(await readFile(file, 'utf8')) as { readonly mesh: MeshDescription; readonly token: string; readonly name: JoinMeshOptions['name'] };
const worker = await connectWorker({ transport: 'websocket', join: { mesh, token, name } });
for (let at = 0; at < Number(count); at += 1) await worker.send('documents', 'put', { key: `key${at}`, value: 'a value that no trace may show' });
await worker.close();
process.stdout.write('{"done":true}\n');
