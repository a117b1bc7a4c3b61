import type { App } from '@raft-mesh/mesh-node';

/** What the managers of a chaos run replicate: documents, and what every mesh has. */
export const documentsApp: App = { name: 'chaos', version: 1, modules: [] };
