/** What the exit code of every `mesh` command means. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notAllowed: 4,
  /** No leader or no quorum; trying again later may help. */
  noLeader: 5,
  /** Timed out; whether it happened is not known. */
  timedOut: 6,
  conflict: 7,
  verificationFailed: 8,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
