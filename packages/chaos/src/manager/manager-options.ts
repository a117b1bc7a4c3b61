import { nodeFileSystem, type StartManagerOptions } from '@raft-mesh/mesh-node';
import { noTrouble } from '../control/chaos-control.ts';
import { ChaosDirectory } from '../control/chaos-directory.ts';
import { TroubledDisk } from '../disk/disk-trouble.ts';
import { LossyFileSystem } from '../disk/lossy-file-system.ts';

/**
 * What makes a manager breakable: it dials the others through the relay, and its disk keeps nothing that was not flushed, is slow, or is
 * full, as the control in `chaosDirectory` says at each moment.
 */
export function chaosManagerOptions(chaosDirectory: string, manager: string): Pick<StartManagerOptions, 'fileSystem' | 'dialAddress'> {
  const directory = new ChaosDirectory(chaosDirectory);
  const disk = new TroubledDisk();
  directory.follow(({ disks }) => disk.set(disks[manager] ?? noTrouble));
  return { fileSystem: new LossyFileSystem(nodeFileSystem, disk), dialAddress: directory.dialAddress(manager) };
}
