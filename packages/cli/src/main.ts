import { run } from './program.ts';

process.exitCode = Math.max(await run(process.argv.slice(2)), Number(process.exitCode ?? 0));
