import { existsSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { managerFiles } from '@raft-mesh/mesh-node';
import type { MeshStatus } from '@raft-mesh/protocol';
import { CliError } from '../cli-error.ts';
import { layout } from '../dev/layout.ts';
import { exitCodes } from '../exit-codes.ts';

/**
 * Flips a bit in the middle of a manager's newest log file, far from its end, where it cannot be taken for a write that a crash tore. Refuses
 * where the others are no majority of those that are well, unless forced.
 */
export async function corruptLog(directory: string, status: MeshStatus, named: string, force: boolean): Promise<{ readonly id: string; readonly file: string; readonly offsetBytes: number }> {
  const { managers } = status;
  if (!managers.some(({ id }) => id === named)) throw new CliError('noSuchManager', exitCodes.notFound, `The mesh has no manager ${named}; it has ${managers.map(({ id }) => id).join(', ')}.`, 'mesh status');
  const others = managers.filter(({ id, role }) => id !== named && (role === 'leader' || role === 'follower'));
  if (!force && others.length * 2 <= managers.length) {
    throw new CliError('quorumWouldBeLost', exitCodes.conflict, `Without ${named}, ${others.length} of ${managers.length} managers are well: the mesh would not come back by itself.`, `mesh status   (or, meaning it: mesh chaos corrupt ${named} --force)`);
  }
  const flipped = await flipBit(join(layout.manager(directory, named), managerFiles.store));
  if (flipped === null) throw new CliError('notHere', exitCodes.notAllowed, `The disk of ${named} is not in ${directory}.`, 'run this command where it is, with --data-dir');
  return { id: named, ...flipped };
}

/** Flips a bit in the middle of the newest log file of a manager's store; `null` when there is none. */
export async function flipBit(store: string): Promise<{ readonly file: string; readonly offsetBytes: number } | null> {
  const log = join(store, 'log');
  const newest = existsSync(log) ? (await readdir(log)).filter((name) => name.endsWith('.segment')).sort().at(-1) : undefined;
  if (newest === undefined) return null;
  const file = join(log, newest);
  const handle = await open(file, 'r+');
  try {
    const offsetBytes = Math.floor((await handle.stat()).size / 2);
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, offsetBytes);
    byte.writeUInt8(byte.readUInt8(0) ^ 0x10);
    await handle.write(byte, 0, 1, offsetBytes);
    await handle.sync();
    return { file, offsetBytes };
  } finally {
    await handle.close();
  }
}
