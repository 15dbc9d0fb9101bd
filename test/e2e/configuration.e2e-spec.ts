import { APPS, AppProcess } from './app-process';
import type { AppExit, AppName } from './app-process';
import { buildApps } from './checkout';

const SECRET = 'correct-horse-battery';
/** Variable, and a value that is wrong: it must not be shown. */
const WRONG_EVERYWHERE = {
  LOG_LEVEL: 'shouting',
  KAFKA_LINGER_MS: 'a-moment',
  KAFKA_COMPRESSION: 'squeezed',
  DRAIN_BUDGET_MS: '-17',
  PIPELINE_SLICE_RECORDS: 'plenty',
  KAFKA_TOPIC: 'elsewhere-topic',
};
const WRONG: Readonly<Record<AppName, Readonly<Record<string, string>>>> = {
  producer: { ...WRONG_EVERYWHERE, GENERATOR_RATE: 'rapidly', HTTP_PUBLISH_DEADLINE_MS: '987654' },
  processor: {
    ...WRONG_EVERYWHERE,
    MONGODB_URI: `postgres://app:${SECRET}@127.0.0.1/prices`,
    MONGO_INDEXES: 'sometimes',
  },
};

describe.each(APPS)('a %s with a wrong configuration', (name) => {
  let app: AppProcess;
  let exit: AppExit;

  beforeAll(async () => {
    await buildApps();
    app = await AppProcess.start(name, WRONG[name]);
    exit = await app.exited;
  }, 60_000);

  const told = () => [...app.plain, ...app.lines.map((line) => JSON.stringify(line))].join('\n');

  it('exits with 1, without waiting for any server [CFG-01]', () => {
    expect(exit).toMatchObject({ code: 1, signal: null });
    expect(exit.durationMs).toBeLessThan(10_000);
    expect(told()).not.toContain('waiting for');
  });

  it('names every variable that is wrong, each with a reason [CFG-01]', () => {
    expect(told()).toContain('CONFIG_INVALID');
    for (const variable of Object.keys(WRONG[name])) {
      expect(told()).toMatch(new RegExp(`${variable}\\b.{0,3}\\s*\\S+ \\S+`));
    }
  });

  it('shows no value and no stack [CFG-01]', () => {
    for (const value of [...Object.values(WRONG[name]), SECRET]) {
      expect(told()).not.toContain(value);
    }
    expect(told()).not.toMatch(/^\s+at /m);
  });
});
