import { joinMesh } from '@raft-mesh/mesh-node';

const worker = await joinMesh(process.env['MESH_LINK'] ?? '', { directory: '.counter-worker', name: 'clicker' });
worker.watch('counter', null, (view) => console.log('everyone sees', view.value));
console.log(await worker.send('counter', 'add', { by: 1 }));
await worker.close();
