import { jest } from '@jest/globals';
import { meshLifeSuite } from './mesh-life-suite.ts';

// A busy machine may be slow; nothing here waits for a time to pass.
jest.setTimeout(60_000);

meshLifeSuite('a mesh whose control plane keeps its state in files', {});
