/** Randomness as a port; cryptographically strong in production. */
export interface Random {
  bytes(count: number): Uint8Array;
  /** A random identifier of URL-safe characters. */
  identifier(): string;
}
