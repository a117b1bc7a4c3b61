import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { defaultDirectory } from '../context.ts';
import { layout, type DevState } from '../dev/layout.ts';
import { lastWords } from './read-directory.ts';

/** The commands that mend a mesh where it is: under a `mesh dev`, or on machines of their own. */
export interface NextSteps {
  /** What commands need to mean this mesh, with a space before it. */
  readonly option: string;
  readonly startControlPlane: string;
  readonly renewToken: string;
  findSnapshotFault(leader: string | null): string;
  /** Where there is no majority. `diskless`: of most managers nothing is left. */
  startAll(diskless: boolean): string;
  start(manager: string): string;
  rebuild(manager: string): string;
  /** How the log of a part ends, if that is here (see `lastWords`). */
  lastWords(part: string): Promise<string | null>;
  /** Where the manager keeps what it has, if that is here. */
  homeOf(manager: string): string | null;
}

export interface Situation {
  readonly directory: string;
  /** `null`: no `mesh dev` has ever run here. */
  readonly state: DevState | null;
  readonly devRuns: boolean;
  readonly remote: { readonly controlPlane: string; readonly mesh: string; readonly keyFile: string } | undefined;
  readonly controlPlane: string;
}

export function nextSteps({ directory, state, devRuns, remote, controlPlane }: Situation): NextSteps {
  const option = remote !== undefined ? ` --control-plane ${remote.controlPlane} --mesh ${remote.mesh} --key-file ${remote.keyFile}` : optionOf(directory);
  const log = (part: string): string => shown(layout.log(directory, part));
  const isOurs = (manager: string): boolean => remote === undefined && state?.managers.some(({ id }) => id === manager) === true;
  const homeOf = (manager: string): string | null => {
    const home = layout.manager(directory, manager);
    return remote === undefined && existsSync(home) ? home : null;
  };
  const again = devRuns ? 'mesh dev starts it again within 5 s; if it does not stay' : 'what it said last';
  return {
    option, homeOf, lastWords: (part) => (remote === undefined ? lastWords(layout.log(directory, part)) : Promise.resolve(null)),
    startControlPlane: state === null || remote !== undefined ? `mesh control-plane start --data-dir DIR --port ${new URL(controlPlane).port || '443'}   (on its machine, with its directory; or correct the address)` : devRuns ? `tail -n 20 ${log('control-plane')}   (${again}, this says why)` : `mesh dev${option}   (end what is left of it first)`,
    renewToken: devRuns ? `mesh dev${option}   (end the running one with Ctrl-C first: its start writes a new token, and keeps the mesh)` : `mesh dev${option}   (its start writes a new token, and keeps the mesh)`,
    findSnapshotFault: (leader) => (leader !== null && isOurs(leader) ? `grep -i snapshot ${log(leader)}   (the leader's log says why the control plane took none)` : `grep -i snapshot LOG   (in the log of the leader${leader === null ? '' : ` ${leader}`}: it says why the control plane took none)`),
    startAll: (diskless) => {
      if (diskless) return `mesh snapshot restore --yes${option}   (most disks are gone or damaged: it goes on from its last snapshot)`;
      if (devRuns) return `mesh status${option}   (mesh dev starts them again within 5 s; if they do not stay, logs in ${shown(join(directory, 'logs'))} say why)`;
      return state === null || remote !== undefined ? 'mesh manager start --data-dir DIR   (on the machine of each that is missing, with its directory)' : `mesh dev${option}   (end first what still runs of it, if anything does)`;
    },
    start: (manager) => {
      const home = homeOf(manager);
      if (home !== null) return devRuns ? `tail -n 20 ${log(manager)}   (${again}, this says why)` : `mesh manager start --data-dir ${shown(home)}`;
      return isOurs(manager) ? `mesh manager join ${manager}${option}   (its disk is gone: it comes back as a new incarnation)` : `mesh manager start --data-dir DIR   (on its machine, with its directory; its disk is gone: mesh manager join ${manager}${option})`;
    },
    rebuild: (manager) => `mesh manager join ${manager} --rebuild${option}   (from the other managers, as a new incarnation; what is here is kept beside it)`,
  };
}

function optionOf(directory: string): string {
  return resolve(defaultDirectory) === resolve(directory) ? '' : ` --data-dir ${shown(directory)}`;
}

/** A path as one would type it here. */
export function shown(path: string): string {
  const from = relative(process.cwd(), path);
  return from !== '' && !from.startsWith('..') ? from : path;
}
