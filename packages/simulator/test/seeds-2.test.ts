import { holdSeeds } from './support/hold-seeds.ts';

holdSeeds(101, 200);
