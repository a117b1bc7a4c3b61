import { exploreCrashPoints } from './explore.ts';

// npm run crash-points -- [--states-per-point 2000] [--seed 1] [--json]: cuts the power at every step of a manager's store, see explore.ts.

const argument = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(name);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
};
const report = await exploreCrashPoints({ statesPerPoint: argument('--states-per-point', 2_000), seed: argument('--seed', 1) });
if (process.argv.includes('--json')) console.log(JSON.stringify(report));
else console.log(`${report.crashPoints} crash points, ${report.states} states (${report.exhaustivePoints} points exhaustively), ${report.lost} with something lost\n${report.failures.join('\n')}`);
process.exitCode = report.lost === 0 ? 0 : 8;
