import { holdSeeds } from './support/hold-seeds.ts';

// In files of their own, so that they run beside each other.
holdSeeds(101, 150);
