import { runModule } from '../engines/module-process';

const read = (...argv: readonly string[]) =>
  runModule<unknown>(
    `return (await import('./tools/start/flags.mjs')).readFlags(${JSON.stringify(argv)})`,
  );

describe('the flags of npm start', () => {
  it('have defaults that send four thousand records and more', () => {
    expect(read()).toEqual({ once: false, inMemory: false, count: 1500, rate: 1000, seed: 1 });
  });

  it('are read', () => {
    const flags = read('--once', '--count=10', '--rate', '5', '--seed=7', '--engines=local');
    expect(flags).toEqual({
      ...{ once: true, inMemory: false, count: 10, rate: 5, seed: 7, engines: 'local' },
    });
  });

  it.each([
    [['--rate=0'], '--rate is a whole number, 1 or more'],
    [['--count=many'], '--count is a whole number'],
    [['--engines=magic'], '--engines is one of external, docker, local'],
    [['--onse'], "Unknown option '--onse'"],
  ])('are refused by name: %s', (argv, complaint) => {
    expect(read(...argv)).toContain(complaint);
  });
});
