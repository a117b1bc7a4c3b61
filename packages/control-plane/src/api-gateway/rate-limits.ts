import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Requests a minute. Each copy of the control plane counts by itself. */
export interface RateLimitOptions {
  /** By one address, whoever it says it is. Default 6,000. */
  readonly perAddress?: number;
  /** By one API key, from wherever. Default 6,000. */
  readonly perKey?: number;
  /** Refused for want of a good key, by one address: guessing is slow. Default 120. */
  readonly refusalsPerAddress?: number;
}

const minuteSeconds = 60;

export class RateLimits {
  readonly #address: RateLimiterMemory;
  readonly #key: RateLimiterMemory;
  readonly #refusals: RateLimiterMemory;

  constructor(options: RateLimitOptions = {}) {
    const limiter = (keyPrefix: string, points: number) => new RateLimiterMemory({ keyPrefix, points, duration: minuteSeconds });
    this.#address = limiter('address', options.perAddress ?? 6_000);
    this.#key = limiter('key', options.perKey ?? 6_000);
    this.#refusals = limiter('refusals', options.refusalsPerAddress ?? 120);
  }

  /** One request more from this address: `null`, or after how many seconds it may come again. */
  async countAddress(address: string): Promise<number | null> {
    const place = placeOf(address);
    const refused = await this.#refusals.get(place);
    if (refused !== null && refused.remainingPoints <= 0) return secondsUntil(refused);
    return consume(this.#address, place);
  }

  countKey(key: string): Promise<number | null> {
    return consume(this.#key, key);
  }

  async countRefusal(address: string): Promise<void> {
    await consume(this.#refusals, placeOf(address));
  }
}

async function consume(limiter: RateLimiterMemory, name: string): Promise<number | null> {
  try {
    await limiter.consume(name);
    return null;
  } catch (error) {
    if (error instanceof RateLimiterRes) return secondsUntil(error);
    throw error;
  }
}

function secondsUntil(result: RateLimiterRes): number {
  return Math.max(1, Math.ceil(result.msBeforeNext / 1000));
}

/** Who has one IPv6 address has 2^64 of them. */
function placeOf(address: string): string {
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = tail === undefined ? front : [...front, ...Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0'), ...back];
  return `${groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, '').toLowerCase()).join(':')}::/64`;
}
