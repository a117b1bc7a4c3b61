export type { ChaosControl, Direction, DiskTrouble, PausedProcess } from './control/chaos-control.ts';
export { calmControl, noTrouble } from './control/chaos-control.ts';
export { ChaosDirectory } from './control/chaos-directory.ts';
export { chaosManagerOptions } from './manager/manager-options.ts';
export { Relay } from './relay/relay.ts';
