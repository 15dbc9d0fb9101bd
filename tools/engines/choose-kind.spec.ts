import { runModule } from './module-process';

interface Row {
  readonly when: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly forced?: string;
  /** What each kind lacks; nothing by default. */
  readonly lacks?: { docker?: string; kafka?: string; database?: string };
  readonly then: string;
}

const NAMED = { KAFKA_BROKERS: 'b:9092', MONGODB_URI: 'mongodb://m' };
const NO_DOCKER = { docker: 'no engine' };

const ROWS: readonly Row[] = [
  { when: 'both servers are named', env: NAMED, then: 'external' },
  { when: 'nothing is named and Docker answers', then: 'docker kafka database' },
  { when: 'Docker does not answer', lacks: NO_DOCKER, then: 'local kafka database' },
  {
    when: 'only the brokers are named and Docker answers',
    env: { KAFKA_BROKERS: 'b:9092' },
    then: 'docker database',
  },
  {
    when: 'only the database is named and Docker does not answer',
    env: { MONGODB_URI: 'mongodb://m' },
    lacks: { ...NO_DOCKER, database: 'Python' },
    then: 'local kafka',
  },
  { when: 'local is forced beside Docker', forced: 'local', then: 'local kafka database' },
  {
    when: 'local is forced although servers are named',
    env: NAMED,
    forced: 'local',
    then: 'local kafka database',
  },
  { when: 'docker is forced', forced: 'docker', then: 'docker kafka database' },
  { when: 'external is forced', env: NAMED, forced: 'external', then: 'external' },
  {
    when: 'external is forced and a server is not named',
    env: { KAFKA_BROKERS: 'b:9092' },
    forced: 'external',
    then: 'error: MONGODB_URI',
  },
  {
    when: 'docker is forced and does not answer',
    forced: 'docker',
    lacks: NO_DOCKER,
    then: 'error: no engine',
  },
  {
    when: 'nothing is possible',
    lacks: { ...NO_DOCKER, kafka: 'Java 17', database: 'Python' },
    then: 'error: Java 17, Python, no engine, KAFKA_BROKERS, --in-memory',
  },
];

const outcomes = runModule<readonly string[]>(`
  const { chooseKind } = await import('./tools/engines/choose-kind.mjs');
  const { renderEngineError } = await import('./tools/engines/engine-error.mjs');
  const missing = (text) => async () => (text ? [text] : []);
  return Promise.all(${JSON.stringify(ROWS)}.map(async ({ env = {}, forced, lacks = {} }) => {
    const probes = { docker: missing(lacks.docker), localKafka: missing(lacks.kafka), localDatabase: missing(lacks.database) };
    try {
      const { kind, wanted } = await chooseKind({ env, forced, probes });
      return [kind, ...Object.keys(wanted).filter((name) => wanted[name])].join(' ');
    } catch (error) {
      return renderEngineError(error);
    }
  }));
`);

describe('the choice of engines', () => {
  it.each(ROWS.map((row, index) => ({ ...row, outcome: outcomes[index] ?? '' })))(
    'is "$then" when $when',
    ({ then, outcome }) => {
      const [, named] = /^error: (.*)$/.exec(then) ?? [];
      if (named === undefined) expect(outcome).toBe(then);
      else for (const word of named.split(', ')) expect(outcome).toContain(word);
    },
  );

  it('never asks Docker when both servers are named', () => {
    const asked = runModule<readonly string[]>(`
      const { chooseKind } = await import('./tools/engines/choose-kind.mjs');
      const asked = [];
      const probe = (name) => async () => (asked.push(name), []);
      const probes = { docker: probe('docker'), localKafka: probe('kafka'), localDatabase: probe('database') };
      await chooseKind({ env: ${JSON.stringify(NAMED)}, probes });
      return asked;
    `);
    expect(asked).toEqual([]);
  });
});
