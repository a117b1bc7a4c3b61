import type { DevState } from './layout.ts';

/** What `mesh control-plane start` is told besides: the same whenever it is started for this folder. */
export function controlPlaneArguments({ firestoreProject, signIn }: Pick<DevState, 'firestoreProject' | 'signIn'>): readonly string[] {
  return [
    ...(firestoreProject === undefined ? [] : ['--firestore-project', firestoreProject]),
    ...(signIn === undefined ? [] : ['--sign-in-project', signIn.projectId, '--sign-in-api-key', signIn.apiKey]),
  ];
}
