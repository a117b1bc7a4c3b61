/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';

// Tests run from TypeScript source: no build is needed first, and stack traces name the source line.
const shared: Config = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@raft-mesh/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: {
    '^.+\\.tsx?$': ['@swc/jest', {
      jsc: { target: 'es2022', parser: { syntax: 'typescript', tsx: false } },
      module: { type: 'es6' },
    }],
  },
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/.*/build/'],
};

const config: Config = {
  // A bound for what hangs, not a measure of speed: a busy machine must not fail a test.
  testTimeout: 60_000,
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/{packages,apps,examples}/*/test/**/*.test.ts', '<rootDir>/test/**/*.test.ts'] },
    // Real processes, sockets and the emulator: slower, each test file starts its own parts.
    { ...shared, displayName: 'integration', testMatch: ['<rootDir>/{packages,apps,examples}/*/test/**/*.integration.ts', '<rootDir>/test/**/*.integration.ts'] },
    // Real processes too, for minutes: `npm run test:full`.
    { ...shared, displayName: 'full', testMatch: ['<rootDir>/{packages,apps,examples}/*/test/**/*.full.ts', '<rootDir>/test/**/*.full.ts'] },
  ],
};

export { config as default };
