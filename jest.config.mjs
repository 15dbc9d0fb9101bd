import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const rootDir = fileURLToPath(new URL('.', import.meta.url));

// One source of truth for the aliases: tsconfig.json.
const { compilerOptions } = JSON.parse(
  readFileSync(new URL('tsconfig.json', import.meta.url), 'utf8'),
);
const moduleNameMapper = Object.fromEntries(
  Object.entries(compilerOptions.paths).map(([alias, [file]]) => [
    `^${alias}$`,
    file.replace('./', '<rootDir>/'),
  ]),
);

const base = {
  rootDir,
  testEnvironment: 'node',
  moduleNameMapper,
  // Types are checked by tsc, once for the whole tree.
  transform: { '^.+\\.ts$': ['ts-jest', { diagnostics: false }] },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.engines/'],
};

/** Real servers are shared by every file of these projects, so they are started once. */
const onEngines = (name) => ({
  ...base,
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.e2e-spec.ts`],
  globalSetup: '<rootDir>/test/engines.setup.ts',
  setupFiles: ['<rootDir>/test/quiet-logs.ts'],
});

export default {
  // A slow machine is no failure: specs wait for conditions, not for time.
  testTimeout: 30_000,
  // A process that has run hundreds of files holds what they left behind, and becomes slow.
  workerIdleMemoryLimit: '1GB',
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/{libs,apps,tools,bench}/**/*.spec.ts'],
    },
    { ...base, displayName: 'layout', testMatch: ['<rootDir>/test/layout/**/*.spec.ts'] },
    onEngines('conformance'),
    onEngines('e2e'),
    onEngines('reliability'),
    onEngines('steering'),
    onEngines('security'),
  ],
};
