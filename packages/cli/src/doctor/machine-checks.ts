import type { Finding } from './finding.ts';

/** What is looked at of the machine and of the process that asks. */
export interface MachineReading {
  /** As `process.versions.node`. */
  readonly nodeVersion: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How many files a process may have open; `null` for any number, or unknown. */
  readonly descriptorsMax: number | null;
  /** Of the disk that holds the data directory; `null` when it cannot be told. */
  readonly disk: { readonly freeBytes: number; readonly sizeBytes: number } | null;
  /** Ports that this mesh wants, and that somebody else has. */
  readonly takenPorts: readonly number[];
}

const emulatorVariables = ['FIREBASE_AUTH_EMULATOR_HOST', 'FIRESTORE_EMULATOR_HOST'];
const descriptorsMin = 4_096;
const freeShareMin = 0.05;
const freeBytesMin = 1024 ** 3;
const gibibyte = 1024 ** 3;

/** As `engines` in package.json says: 20.19, 22.12, or 24 and later. */
export function isNodeSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;
}

export function checkMachine({ nodeVersion, environment, descriptorsMax, disk, takenPorts }: MachineReading): readonly Finding[] {
  const findings: Finding[] = [];
  if (!isNodeSupported(nodeVersion)) {
    findings.push({ code: 'nodeTooOld', severity: 'problem', what: `This is Node ${nodeVersion}.`, why: 'Raft Mesh runs on Node 20.19 or later of 20, 22.12 or later of 22, and 24: on others it fails in ways that nobody has tested.', next: 'nvm install 24   (or from nodejs.org; then npm ci again)' });
  }
  for (const name of emulatorVariables) {
    if ((environment[name] ?? '') !== '') findings.push({ code: 'emulatorVariable', severity: 'warning', what: `${name} is set.`, why: 'Whoever starts here uses an emulator, which takes unsigned tokens and keeps nothing; production refuses to start.', next: `unset ${name}   (unless this is a test)` });
  }
  if (descriptorsMax !== null && descriptorsMax < descriptorsMin) findings.push({ code: 'descriptorsFew', severity: 'warning', what: `A process may have ${descriptorsMax} files and connections open.`, why: 'Each worker and each log takes some: a manager with many workers needs more.', next: 'ulimit -n 65536   (or LimitNOFILE= in the unit of the service)' });
  if (disk !== null && (disk.freeBytes < freeBytesMin || disk.freeBytes < disk.sizeBytes * freeShareMin)) {
    findings.push({ code: 'diskNearlyFull', severity: 'warning', what: `The disk of the data directory has ${(disk.freeBytes / gibibyte).toFixed(1)} of ${(disk.sizeBytes / gibibyte).toFixed(1)} GiB free.`, why: 'With a full disk a manager writes nothing, and refuses, until there is room again.', next: 'df -h   (make room)' });
  }
  for (const port of takenPorts) findings.push({ code: 'portTaken', severity: 'problem', what: `Another program listens at port ${port}, which this mesh wants.`, why: 'The part that belongs there cannot start, and others reach a stranger at its address.', next: `ss -ltnp 'sport = :${port}'   (names it: end it; a new mesh may take other ports: mesh dev --port)` });
  return findings;
}
