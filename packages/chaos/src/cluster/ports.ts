import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below what Linux (from 32768) and macOS (from 49152) give to connections that dial out: a port that is free for a moment, because its
// owner was killed, must not be taken by someone who dials.
const first = 20_000;
const last = 32_000;
const triesMax = 2_000;

/** Ports on loopback that nobody listens on now, and that the system gives to nobody by itself; none of those that are `taken`. */
export async function quietPorts(count: number, taken: readonly number[] = []): Promise<readonly number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries += 1) {
    if (tries > triesMax) throw new Error(`${count} free ports between ${first} and ${last} could not be found`);
    const port = randomInt(first, last);
    if (!taken.includes(port) && await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
