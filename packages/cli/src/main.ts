import { settleMemory } from './lean-process.ts';

const args = process.argv.slice(2);
settleMemory(args);
const { run } = await import('./program.ts');
process.exitCode = Math.max(await run(args), Number(process.exitCode ?? 0));
