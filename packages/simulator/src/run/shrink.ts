import type { Scenario } from '../scenario/scenario.ts';
import type { RunScenario } from './run-seeds.ts';
import type { RunResult } from './run-result.ts';
import { minimized } from './minimize.ts';

export interface ShrinkOptions {
  /** The promise that must stay broken. */
  readonly promise: string;
  readonly run: RunScenario;
  /** Runs at most this many scenarios. */
  readonly runsMax?: number;
  /** Told of each step that made it smaller. */
  readonly onStep?: (step: string) => void;
  /** Ends with what there is. */
  readonly signal?: AbortSignal;
}

export interface Shrunk {
  readonly scenario: Scenario;
  /** How the smallest one fails; `null` when not even the scenario given failed again. */
  readonly result: RunResult | null;
  readonly runs: number;
}

interface Step {
  readonly name: string;
  /** What to try, in order; each is made from the smallest scenario so far. */
  readonly tries: (scenario: Scenario, atMs: number) => readonly Scenario[];
}

/**
 * Finds a smaller scenario that breaks the same promise: shorter, with fewer faults, clients and managers, on a network and disks with
 * nothing else wrong. Tries steps in turn until none makes it smaller, or the runs are used up.
 */
export async function shrink(scenario: Scenario, options: ShrinkOptions): Promise<Shrunk> {
  const { promise, run, runsMax = 300, onStep = () => {}, signal } = options;
  let runs = 0;
  let best = scenario;
  let bestResult: RunResult | null = null;
  const isOver = (): boolean => runs >= runsMax || signal?.aborted === true;
  const fails = async (candidate: Scenario): Promise<boolean> => {
    if (isOver()) return false;
    runs += 1;
    const result = await run(candidate).catch(() => null);
    if (result?.failure?.promise !== promise) return false;
    best = candidate;
    bestResult = result;
    return true;
  };

  if (!(await fails(scenario))) return { scenario, result: null, runs };
  for (let before: Scenario | null = null; before !== best && !isOver();) {
    before = best;
    for (const step of steps) {
      const had = best;
      for (const candidate of step.tries(best, atMsOf(bestResult))) if (sizeOf(candidate) !== sizeOf(best) && await fails(candidate)) break;
      if (best !== had) onStep(`${step.name}: ${sizeOf(best)}`);
    }
    const had = best;
    const faults = await minimized(best.faults, (left) => fails({ ...best, faults: left }), isOver);
    if (faults.length < had.faults.length) onStep(`fewer faults: ${faults.length} of ${had.faults.length} left`);
  }
  return { scenario: best, result: bestResult, runs };
}

const atMsOf = (result: RunResult | null): number => result?.failure?.atMs ?? Number.POSITIVE_INFINITY;

/** Says what is left, and whether two scenarios differ. */
function sizeOf({ managers, durationMs, clients, network, disk, clockDriftPpm, tuning, faults }: Scenario): string {
  const rates = Object.entries({ ...network, ...disk }).filter(([name, value]) => value !== 0 && value !== null && name.endsWith('PerMille')).map(([name]) => name);
  return [
    `${managers} managers`, `${durationMs} ms`, `${clients.documents} document clients on ${clients.keys} keys`, `${clients.players} players`, `${faults.length} faults`,
    ...rates, `path capacity ${network.pathCapacity}`, `delay ${network.delayMeanMs}`, `flush ${disk.flushMeanMs}`, ...(disk.files === undefined ? [] : [`files of ${disk.files.segmentBytesMax} bytes`]), `drift ${clockDriftPpm.length}`, `quiesce ${tuning.quiesceAfterMs}`,
  ].join(', ');
}

/** From few to many; all that are less than `count`. */
function fewer(count: number, least: number): readonly number[] {
  const few = [least, Math.floor(count / 2), count - 1].filter((each) => each >= least && each < count);
  return [...new Set(few)];
}

/** Without the faults that would never strike. */
function lasting(scenario: Scenario, durationMs: number): Scenario {
  const shorter = Math.ceil(durationMs);
  return shorter >= scenario.durationMs ? scenario : { ...scenario, durationMs: shorter, faults: scenario.faults.filter(({ atMs }) => atMs <= shorter) };
}

function withoutFiles(scenario: Scenario): Scenario {
  const { flushMinMs, flushMeanMs, tornPerMille } = scenario.disk;
  return { ...scenario, disk: { flushMinMs, flushMeanMs, tornPerMille } };
}

const zeroed = (name: 'lossPerMille' | 'duplicatePerMille' | 'reorderPerMille' | 'replayPerMille'): Step => ({
  name: `no ${name}`, tries: (scenario) => [{ ...scenario, network: { ...scenario.network, [name]: 0 } }],
});

const steps: readonly Step[] = [
  { name: 'shorter', tries: (scenario, atMs) => [lasting(scenario, atMs + 1), lasting(scenario, scenario.durationMs / 2), lasting(scenario, (scenario.durationMs * 3) / 4)] },
  { name: 'no scheduled faults', tries: (scenario) => [{ ...scenario, faults: [] }] },
  { name: 'fewer players', tries: (scenario) => fewer(scenario.clients.players, 0).map((players) => ({ ...scenario, clients: { ...scenario.clients, players } })) },
  { name: 'fewer document clients', tries: (scenario) => fewer(scenario.clients.documents, 0).map((documents) => ({ ...scenario, clients: { ...scenario.clients, documents } })) },
  { name: 'fewer keys', tries: (scenario) => fewer(scenario.clients.keys, 1).map((keys) => ({ ...scenario, clients: { ...scenario.clients, keys } })) },
  zeroed('lossPerMille'), zeroed('duplicatePerMille'), zeroed('reorderPerMille'), zeroed('replayPerMille'),
  { name: 'no torn writes', tries: (scenario) => [{ ...scenario, disk: { ...scenario.disk, tornPerMille: 0 } }] },
  { name: 'no bound of paths', tries: (scenario) => [{ ...scenario, network: { ...scenario.network, pathCapacity: null } }] },
  { name: 'even delays', tries: (scenario) => [{ ...scenario, network: { ...scenario.network, delayMeanMs: scenario.network.delayMinMs } }] },
  { name: 'no files', tries: (scenario) => [withoutFiles(scenario)] },
  { name: 'even flushes', tries: (scenario) => [{ ...scenario, disk: { ...scenario.disk, flushMeanMs: scenario.disk.flushMinMs } }] },
  { name: 'true clocks', tries: (scenario) => [{ ...scenario, clockDriftPpm: [] }] },
  { name: 'Raft\'s own times and bounds', tries: (scenario) => { const { raft: _, ...tuning } = scenario.tuning; return [{ ...scenario, tuning }]; } },
  { name: 'never quiet', tries: (scenario) => [{ ...scenario, tuning: { ...scenario.tuning, quiesceAfterMs: null } }] },
  { name: 'fewer managers', tries: (scenario) => [1, 2, 3, 4, 5, 6].filter((managers) => managers < scenario.managers).map((managers) => ({ ...scenario, managers })) },
];
