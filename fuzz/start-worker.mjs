// A thread does not inherit what `--import tsx` gave the process.
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
