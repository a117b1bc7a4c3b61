import { holdSeeds } from './support/hold-seeds.ts';

// In files of their own, so that they run beside each other.
holdSeeds(1, 100);
