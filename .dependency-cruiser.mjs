/**
 * Who may import whom. The table is the law, the rules below are made from it, and
 * test/layout/boundaries.spec.ts shows that each of them can fail.
 */

/** What an adapter of the core may import. */
const ADAPTER = [
  'errors',
  'contracts',
  'config',
  'tls',
  'retry',
  'logging',
  'metrics',
  'health',
  'pipeline',
];

/** For each lib the libs it may import, apart from itself. A lib without a row is refused. */
export const LAYERS = {
  // 0: the words that everybody uses
  errors: [],
  // 1: each stands alone
  contracts: ['errors'],
  config: ['errors'],
  retry: ['errors'],
  logging: ['errors'],
  metrics: ['errors'],
  health: ['errors'],
  // 1, upper half: files of certificates and passwords, for the adapters
  tls: ['errors', 'config', 'retry', 'metrics'],
  // 2: the core; it knows ports, no vendor
  pipeline: ['errors', 'contracts', 'config', 'retry', 'logging', 'metrics', 'health'],
  // 3: adapters never import each other; events are nothing but contracts
  kafka: ADAPTER,
  mongo: ADAPTER,
  events: ['contracts'],
  // 3: what operators do, over the ports
  operations: [
    'errors',
    'contracts',
    'config',
    'retry',
    'logging',
    'metrics',
    'health',
    'pipeline',
  ],
  // 4: its two faces; the command line builds the adapters itself
  console: [
    'errors',
    'contracts',
    'config',
    'retry',
    'logging',
    'metrics',
    'health',
    'pipeline',
    'operations',
  ],
  cli: [
    'errors',
    'contracts',
    'config',
    'retry',
    'logging',
    'pipeline',
    'operations',
    'kafka',
    'mongo',
  ],
  // T: test code
  testing: '*',
};

/** A vendor's package enters in exactly one lib; elsewhere in libs its types at most. */
export const VENDORS = {
  kafka: ['kafkajs', 'kafkajs-snappy', 'snappyjs', 'lz4-napi', '@bokuweb/zstd-wasm'],
  mongo: ['mongodb', 'mongoose', '@nestjs/mongoose'],
  metrics: ['prom-client', '@willsoto/nestjs-prometheus'],
  logging: ['pino', 'pino-http', 'nestjs-pino'],
  health: ['@nestjs/terminus'],
  config: ['@nestjs/config'],
};

const lib = (names) => `^libs/(${names})/`;
const modules = (names) => `node_modules/(${names.join('|')})/`;
const SPEC = '\\.(e2e-)?spec\\.ts$';
/** Test code: may use libs/testing, and what only developers install. */
// What stands beside specs and is left out of the package is test code too.
const TEST_CODE = `(${SPEC}|/fakes/|\\.fixture\\.ts$|^test/|^bench/|^tools/|^libs/testing/)`;
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const layerRules = Object.entries(LAYERS)
  .filter(([, allowed]) => allowed !== '*')
  .flatMap(([name, allowed]) => [
    rule(
      `layer-${name}`,
      `libs/${name} imports ${allowed.length > 0 ? allowed.join(', ') : 'no other lib'}`,
      { path: lib(name), pathNot: SPEC },
      { path: '^libs/', pathNot: lib([name, ...allowed, 'testing'].join('|')) },
    ),
    rule(
      `layer-${name}-specs`,
      `the specs of libs/${name} may also use testing and events`,
      { path: `^libs/${name}/.*${SPEC}` },
      { path: '^libs/', pathNot: lib([name, ...allowed, 'testing', 'events'].join('|')) },
    ),
  ]);

const vendorRules = Object.entries(VENDORS).map(([name, packages]) =>
  rule(
    `vendor-${name}`,
    `only libs/${name} sees ${packages.join(', ')}; others at most their types`,
    { path: '^libs/', pathNot: [lib(`${name}|testing`), SPEC] },
    { path: modules(packages), dependencyTypesNot: ['type-only'] },
  ),
);

export default {
  forbidden: [
    ...layerRules,
    ...vendorRules,
    // Types may refer to each other: such a cycle is gone when the code runs.
    rule(
      'no-circular',
      'a cycle has no bottom to begin loading at',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    rule('no-unresolvable', 'an import that leads nowhere', {}, { couldNotResolve: true }),
    rule(
      'lib-without-a-layer',
      'a new lib gets a row in the table above',
      {},
      { path: '^libs/', pathNot: lib(Object.keys(LAYERS).join('|')) },
    ),
    rule(
      'libs-never-import-apps',
      'data flows right, imports flow down',
      { path: '^libs/' },
      {
        path: '^apps/',
      },
    ),
    rule(
      'apps-never-import-each-other',
      'what two apps need belongs in a lib',
      { path: '^apps/([^/]+)/' },
      { path: '^apps/', pathNot: '^apps/$1/' },
    ),
    rule(
      'enter-a-lib-through-its-index',
      'the index is the public API',
      { path: '^(apps|libs|test|bench|tools)/([^/]+)/' },
      { path: '^libs/([^/]+)/src/', pathNot: ['^libs/$2/', '^libs/[^/]+/src/index\\.ts$'] },
    ),
    rule(
      'enter-a-lib-by-its-alias',
      'a relative path into another lib breaks in the published package',
      { path: '^(apps|libs)/([^/]+)/' },
      { path: '^libs/', pathNot: '^libs/$2/', dependencyTypesNot: ['aliased'] },
    ),
    rule(
      'testing-only-in-tests',
      'the in-memory broker never runs in production',
      { pathNot: TEST_CODE },
      { path: lib('testing') },
    ),
    rule(
      'product-never-imports-tools',
      'libs and apps are installed without them',
      { path: '^(libs|apps)/', pathNot: SPEC },
      { path: '^(test|bench|tools)/' },
    ),
    rule(
      'apps-see-no-kafka-client',
      'no Kafka type in business code',
      { path: '^apps/', pathNot: SPEC },
      { path: modules(VENDORS.kafka) },
    ),
    rule(
      'apps-open-no-mongo-connection',
      'the driver belongs to libs/mongo; apps know models and schemas',
      { path: '^apps/', pathNot: SPEC },
      { path: modules(['mongodb']), dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'mongoose-only-in-schemas',
      'in apps mongoose is for schemas; elsewhere its types and the decorators of @nestjs/mongoose',
      { path: '^apps/', pathNot: `(\\.schema\\.ts$|${SPEC})` },
      { path: modules(['mongoose']), dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'no-developer-package-in-product',
      'it is not there after npm install --omit=dev',
      { path: '^(libs|apps)/', pathNot: TEST_CODE },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'no-undeclared-package',
      'it is in node_modules by luck',
      { path: '^(libs|apps)/' },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    ),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['main', 'types', 'typings'],
    },
  },
};
