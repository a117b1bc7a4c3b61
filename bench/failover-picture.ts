import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// node --import tsx bench/failover-picture.ts draws docs/failover.svg anew from docs/failover.json.

/** A line of `npm run bench -- --failover`. */
interface Measured { readonly bench: string; readonly times: number; readonly p50Ms: number; readonly p99Ms: number; readonly minMs: number; readonly maxMs: number; readonly outagesMs: readonly number[] }

const docs = join(dirname(fileURLToPath(import.meta.url)), '../docs');
const titles: Readonly<Record<string, string>> = { leaderKill: 'killed (SIGKILL)', leaderStop: 'stopped (SIGSTOP)', leaderPartition: 'parted from the other managers' };
const [width, panelHeight, left, right, bars] = [960, 200, 60, 30, 60];

/** Keeps the lines in docs/failover.json and draws docs/failover.svg from them. */
export async function writeFailoverPicture(lines: readonly unknown[]): Promise<void> {
  await writeFile(join(docs, 'failover.json'), `[\n${lines.map((line) => `  ${JSON.stringify(line)}`).join(',\n')}\n]\n`);
  await writeFile(join(docs, 'failover.svg'), picture(lines as readonly Measured[]));
}

function picture(measured: readonly Measured[]): string {
  const height = 46 + measured.length * panelHeight;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="Histograms of the time from the fall of a leader to the next acknowledged write">
  <style>.title { font-weight: 600; font-size: 15px; } .small { font-size: 12px; fill: #445; } .bar { fill: #1b4d8c; } .axis { stroke: #99a; } .mark { stroke: #b8860b; stroke-dasharray: 4 3; } .mark-text { font-size: 12px; fill: #8a6508; }</style>
  <rect width="${width}" height="${height}" fill="#fff"/>
  <text class="title" x="${left}" y="28">From the fall of the leader to the first acknowledgement of a write sent after it, in ms</text>
${measured.map((line, place) => panel(line, 46 + place * panelHeight)).join('\n')}
</svg>
`;
}

function panel({ bench, times, p50Ms, p99Ms, minMs, maxMs, outagesMs }: Measured, top: number): string {
  const step = niceStep(maxMs / 8);
  const endMs = Math.ceil((maxMs * 1.02) / step) * step;
  const binMs = endMs / bars;
  const counts = Array.from({ length: bars }, (_, bar) => outagesMs.filter((ms) => Math.floor(ms / binMs) === bar).length);
  const most = Math.max(1, ...counts);
  const [base, space] = [top + panelHeight - 36, panelHeight - 86];
  const x = (ms: number): number => round(left + (ms / endMs) * (width - left - right));
  const drawn = counts.map((count, bar) => (count === 0 ? '' : `<rect class="bar" x="${x(bar * binMs)}" y="${round(base - (count / most) * space)}" width="${round(x(binMs) - left - 1)}" height="${round((count / most) * space)}"><title>${Math.round(bar * binMs)}–${Math.round((bar + 1) * binMs)} ms: ${count}</title></rect>`));
  const ticks = Array.from({ length: Math.round(endMs / step) + 1 }, (_, tick) => `<text class="small" text-anchor="middle" x="${x(tick * step)}" y="${base + 18}">${Math.round(tick * step)}</text>`);
  const marks = ([['p50', p50Ms, 4], ['p99', p99Ms, 18]] as const).map(([name, ms, up]) => `<path class="mark" d="M${x(ms)} ${base}V${base - space - up - 10}"/><text class="mark-text" text-anchor="end" x="${x(ms) - 4}" y="${base - space - up}">${name} ${ms}</text>`);
  return `  <text x="${left}" y="${top + 16}">${titles[bench] ?? bench}, ${times} times: least ${minMs}, p50 ${p50Ms}, p99 ${p99Ms}, most ${maxMs} ms; the highest bar is ${most}</text>
  <path class="axis" d="M${left} ${base}H${width - right}"/>
  ${[...drawn, ...ticks, ...marks].filter((part) => part !== '').join('\n  ')}`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** The next of 1, 2, 5, 10, 20, … */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10) * power;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFailoverPicture(JSON.parse(await readFile(join(docs, 'failover.json'), 'utf8')) as readonly Measured[]);
