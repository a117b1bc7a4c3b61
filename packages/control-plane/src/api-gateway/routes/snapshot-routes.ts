import { control } from '@raft-mesh/protocol';
import { sha256, snapshotBytesMax, succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import type { MeshRecord } from '../../mesh-manager/mesh-record.ts';
import type { Meshes } from '../../mesh-manager/meshes.ts';
import { problems } from '../../mesh-manager/problems.ts';
import type { Snapshots } from '../../state-manager/snapshots.ts';
import type { Caller } from '../access/caller.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

export interface SnapshotRoutesOptions {
  readonly meshes: Meshes;
  readonly snapshots: Snapshots;
  readonly nowMs: () => number;
}

/** Managers of a mesh's present life put its snapshots; they and operators read the last one. */
export function snapshotRoutes({ meshes, snapshots, nowMs }: SnapshotRoutesOptions): readonly Route[] {
  const manager = (purpose: control.ManagerProof['purpose']) => async (proof: string, { mesh }: { readonly mesh: string }): Promise<Result<Caller>> => {
    const proven = await meshes.authenticateManager(mesh, proof, purpose);
    return proven.ok ? succeeded({ kind: 'manager', ...proven.value }) : proven;
  };
  const recordFor = async (caller: Caller, mesh: string): Promise<Result<MeshRecord>> => (caller.kind === 'manager' ? succeeded(caller.record) : meshes.find(mesh));

  return [
    defineRoute({
      operation: 'putSnapshot', method: 'put', path: '/meshes/{mesh}/snapshots', summary: 'Keep a snapshot',
      details: 'With a manager\'s proof that names the hash of the body. (term, index) never goes back.',
      body: { kind: 'bytes', sizeBytesMax: snapshotBytesMax, read: (bytes) => bytes }, answer: { status: 200, schema: control.snapshotDescription },
      problems: ['proofRefused', 'incarnationEnded', 'snapshotHashWrong', 'snapshotOlder', 'meshNotFound'],
      alternative: manager('putSnapshot'),
      handle: async ({ body: data, caller }) => {
        if (caller.kind !== 'manager') return problems.notAuthenticated();
        const { record, proof } = caller;
        if (proof.snapshot === undefined) return problems.proofRefused('The proof does not say which snapshot it is for.');
        if (sha256(data) !== proof.snapshot.sha256) return problems.snapshotHashWrong();
        const description: control.SnapshotDescription = { ...proof.snapshot, incarnation: proof.incarnation, sizeBytes: data.length, takenAt: new Date(nowMs()).toISOString() };
        const result = await snapshots.put(record.snapshotHead, description, data);
        switch (result) {
          case 'stored': return succeeded(description);
          case 'older': return problems.snapshotOlder();
          case 'incarnationEnded': return problems.incarnationEnded(proof.incarnation + 1);
          case 'gone': return problems.meshNotFound(record.description.mesh);
          default: return result satisfies never;
        }
      },
    }),
    defineRoute({
      operation: 'describeSnapshot', method: 'get', path: '/meshes/{mesh}/snapshots/latest/meta', summary: 'Describe the last snapshot',
      answer: { status: 200, schema: control.snapshotDescription }, problems: ['proofRefused', 'incarnationEnded', 'meshNotFound', 'noSnapshot'],
      alternative: manager('readSnapshot'),
      handle: async ({ parameters, caller }) => {
        const mesh = await recordFor(caller, parameters.mesh);
        if (!mesh.ok) return mesh;
        const description = await snapshots.describe(mesh.value.snapshotHead);
        return description === null ? problems.noSnapshot() : succeeded(description);
      },
    }),
    defineRoute({
      operation: 'readSnapshot', method: 'get', path: '/meshes/{mesh}/snapshots/latest', summary: 'Read the last snapshot',
      answer: { status: 200, contentType: 'application/octet-stream' }, problems: ['proofRefused', 'incarnationEnded', 'meshNotFound', 'noSnapshot'],
      alternative: manager('readSnapshot'),
      handle: async ({ parameters, caller }): Promise<Result<Uint8Array>> => {
        const mesh = await recordFor(caller, parameters.mesh);
        if (!mesh.ok) return mesh;
        const latest = await snapshots.latest(mesh.value.snapshotHead);
        return latest === null ? problems.noSnapshot() : succeeded(latest.data);
      },
    }),
  ];
}
