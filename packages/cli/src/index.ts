export { run } from './program.ts';
export type { AppCliTools } from './program.ts';
export { DevMesh, removeDevMesh } from './dev/dev-mesh.ts';
export type { DevMeshOptions } from './dev/dev-mesh.ts';
export { layout } from './dev/layout.ts';
export { freePorts } from './dev/free-port.ts';
export { saveContext } from './context.ts';
export { exitCodes } from './exit-codes.ts';
export { flipBit } from './chaos/corrupt-log.ts';
