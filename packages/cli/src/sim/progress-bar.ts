/** Shows on stderr how far a run of seeds is. */
export interface ProgressBar {
  update(progress: { readonly seeds: number; readonly failures: number; readonly speed: number }): void;
  stop(): void;
}

/** A bar on a terminal; elsewhere a line now and then. */
export async function startProgressBar(total: number, done: number): Promise<ProgressBar> {
  const { default: { SingleBar, Presets } } = await import('cli-progress');
  const bar = new SingleBar({
    format: '{bar} {value} of {total} seeds | {failures} failed | {speed} × real time | {eta_formatted} left',
    stream: process.stderr, noTTYOutput: true, notTTYSchedule: 10_000, etaBuffer: 200, hideCursor: true, gracefulExit: false,
  }, Presets.shades_classic);
  bar.start(total, done, { failures: 0, speed: 0 });
  return {
    update: ({ seeds, failures, speed }) => { bar.update(seeds, { failures, speed }); },
    stop: () => { bar.stop(); },
  };
}
