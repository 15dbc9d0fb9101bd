import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './tree';

/** One file that breaks one rule: rule, importer, imported. `expects` = what the rule must report. */
interface Breach {
  readonly rule: string;
  readonly file: string;
  readonly source: string;
}

const breach = (rule: string, file: string, source: string): Breach => ({ rule, file, source });

/** Imports that the layer table refuses, one per lib. */
const UPWARD: Readonly<Record<string, string>> = {
  errors: 'retry',
  contracts: 'config',
  config: 'contracts',
  retry: 'metrics',
  logging: 'retry',
  metrics: 'health',
  health: 'retry',
  tls: 'health',
  pipeline: 'kafka',
  kafka: 'mongo',
  mongo: 'kafka',
  events: 'errors',
  operations: 'kafka',
  console: 'mongo',
  cli: 'console',
};

/** The libs of the fixture tree; a row of the layer table for each. */
const LIBS = [...Object.keys(UPWARD), 'testing'];

const layerBreaches = Object.entries(UPWARD).flatMap(([from, to]) => [
  breach(
    `layer-${from}`,
    `libs/${from}/src/upward.ts`,
    `import { it as other } from 'millrace/${to}';\nexport const own = other;\n`,
  ),
  breach(
    `layer-${from}-specs`,
    `libs/${from}/src/upward.spec.ts`,
    `import { it as other } from 'millrace/${to}';\nexport const own = other;\n`,
  ),
]);

const using = (specifier: string) =>
  `import vendor from '${specifier}';\nexport const own = vendor;\n`;

const BREACHES: readonly Breach[] = [
  ...layerBreaches,
  breach('vendor-kafka', 'libs/mongo/src/vendor.ts', using('kafkajs')),
  breach('vendor-mongo', 'libs/kafka/src/vendor.ts', using('mongodb')),
  breach('vendor-metrics', 'libs/health/src/vendor.ts', using('prom-client')),
  breach('vendor-logging', 'libs/retry/src/vendor.ts', using('pino')),
  breach('vendor-health', 'libs/metrics/src/vendor.ts', using('@nestjs/terminus')),
  breach('vendor-config', 'libs/logging/src/vendor.ts', using('@nestjs/config')),
  breach('no-circular', 'libs/errors/src/ring-two.ts', "export { ring } from './ring';\n"),
  breach('no-unresolvable', 'libs/errors/src/lost.ts', "import './not-there';\n"),
  breach('lib-without-a-layer', 'apps/one/src/new.ts', using('millrace/newcomer')),
  breach('libs-never-import-apps', 'libs/kafka/src/app.ts', using('../../../apps/one/src/legal')),
  breach('apps-never-import-each-other', 'apps/one/src/other.ts', using('../../two/src/legal')),
  breach('enter-a-lib-through-its-index', 'apps/one/src/deep.ts', using('millrace/deep')),
  breach('enter-a-lib-by-its-alias', 'apps/one/src/path.ts', using('../../../libs/retry/src')),
  breach('testing-only-in-tests', 'apps/one/src/testing.ts', using('millrace/testing')),
  breach('product-never-imports-tools', 'apps/one/src/tool.ts', using('../../../tools/legal')),
  breach('apps-see-no-kafka-client', 'apps/one/src/kafka.ts', using('kafkajs')),
  breach('apps-open-no-mongo-connection', 'apps/one/src/driver.ts', using('mongodb')),
  breach('mongoose-only-in-schemas', 'apps/one/src/model.ts', using('mongoose')),
  breach('no-developer-package-in-product', 'apps/one/src/developer.ts', using('supertest')),
  breach('no-undeclared-package', 'apps/one/src/undeclared.ts', using('lucky')),
];

/** What is allowed although it looks like one of the breaches. */
const LEGAL: Readonly<Record<string, string>> = {
  'libs/pipeline/src/legal.ts': using('millrace/health'),
  'libs/kafka/src/legal.ts': `${using('kafkajs')}import type { x } from 'prom-client';\nexport type X = x;\n`,
  'libs/mongo/src/legal.ts': using('@nestjs/mongoose'),
  'libs/retry/src/legal.spec.ts': using('millrace/testing'),
  'libs/kafka/src/legal.spec.ts': using('millrace/events'),
  'libs/testing/src/legal.ts': using('millrace/kafka'),
  'apps/one/src/legal.ts': using('@nestjs/mongoose'),
  'apps/one/src/price.schema.ts': using('mongoose'),
  'apps/one/src/price.reader.ts':
    "import type { Model } from 'mongoose';\nexport type M = Model;\n",
  'apps/one/src/legal.spec.ts': using('supertest'),
  'apps/two/src/legal.ts': using('millrace/kafka'),
  'tools/legal.ts': using('millrace/testing'),
  'test/legal.ts': using('mongodb'),
};

const PACKAGES = [
  ...['kafkajs', 'mongodb', 'mongoose', '@nestjs/mongoose', 'prom-client', 'pino'],
  ...['@nestjs/terminus', '@nestjs/config'],
];

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
}

describe('the rules of who may import whom', () => {
  let folder: string;
  let violations: readonly Violation[];
  let ruleNames: readonly string[];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-boundaries-'));
    writeFixture(folder);
    const cruise = cruiser(folder);
    violations = cruise.violations;
    ruleNames = cruise.ruleNames;
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(BREACHES)('$rule refuses $file', ({ rule, file }) => {
    expect(violations.filter(({ from }) => from === file).map((v) => v.rule.name)).toContain(rule);
  });

  it('every rule has a file here that breaks it', () => {
    expect([...new Set(BREACHES.map(({ rule }) => rule))].sort()).toEqual([...ruleNames].sort());
  });

  it.each(Object.keys(LEGAL))('nothing is said against %s', (file) => {
    expect(violations.filter(({ from }) => from === file)).toEqual([]);
  });
});

function writeFixture(folder: string): void {
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  for (const lib of [...LIBS, 'newcomer']) {
    write(`libs/${lib}/src/index.ts`, "export const it = 'it';\nexport default it;\n");
  }
  write('libs/retry/src/deep.ts', 'export default 1;\n');
  for (const { file, source } of BREACHES) write(file, source);
  for (const [file, source] of Object.entries(LEGAL)) write(file, source);
  // The other half of the ring; a cycle is reported once, at one of its files.
  write('libs/errors/src/ring.ts', "export { ring } from './ring-two';\n");
  for (const name of [...PACKAGES, 'supertest', 'lucky']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' }));
    write(`node_modules/${name}/index.js`, 'module.exports = {};\n');
    write(`node_modules/${name}/index.d.ts`, 'export type x = 1; export type Model = 2;\n');
  }
  const versions = (names: readonly string[]) => Object.fromEntries(names.map((n) => [n, '1.0.0']));
  write(
    'package.json',
    JSON.stringify({ dependencies: versions(PACKAGES), devDependencies: versions(['supertest']) }),
  );
  const aliases = [...LIBS, 'newcomer'].map((lib) => [`millrace/${lib}`, [`./libs/${lib}/src`]]);
  const paths = { ...Object.fromEntries(aliases), 'millrace/deep': ['./libs/retry/src/deep.ts'] };
  write('tsconfig.json', JSON.stringify({ compilerOptions: { module: 'commonjs', paths } }));
  copyFileSync(join(ROOT, '.dependency-cruiser.mjs'), join(folder, '.dependency-cruiser.mjs'));
}

function cruiser(folder: string): { violations: Violation[]; ruleNames: string[] } {
  const binary = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const folders = ['apps', 'libs', 'test', 'tools'];
  const args = [binary, '--config', '.dependency-cruiser.mjs', '-T', 'json', ...folders];
  const options = { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 } as const;
  const { summary } = JSON.parse(execFileSync(process.execPath, args, options)) as {
    summary: {
      violations: Violation[];
      ruleSetUsed: { forbidden: ReadonlyArray<{ name: string }> };
    };
  };
  return {
    violations: summary.violations,
    ruleNames: summary.ruleSetUsed.forbidden.map(({ name }) => name),
  };
}
