import { runModule } from '../engines/module-process';

describe('the request to stop', () => {
  const after = (script: string) =>
    runModule<{ insisted: number; name: string; aborted: boolean }>(`
      const { EventEmitter } = await import('node:events');
      const { listenForStop } = await import('./tools/bootstrap/stop-signal.mjs');
      const source = new EventEmitter();
      let time = 0, insisted = 0;
      const stop = listenForStop({ insist: () => (insisted += 1), source, now: () => time });
      ${script}
      return { insisted, name: stop.name(), aborted: stop.signal.aborted };
    `);

  it('is one request although a terminal and npm both deliver Ctrl-C', () => {
    const state = after(`source.emit('SIGINT'); time = 1900; source.emit('SIGINT');`);
    expect(state).toEqual({ insisted: 0, name: 'SIGINT', aborted: true });
  });

  it('is insisted on by a later one', () => {
    const state = after(`source.emit('SIGTERM'); time = 2001; source.emit('SIGINT');`);
    expect(state).toEqual({ insisted: 1, name: 'SIGTERM', aborted: true });
  });
});

describe('the version of Node', () => {
  it.each([
    ['18.20.0', true],
    ['20.18.9', true],
    ['20.19.0', false],
    ['22.0.0', false],
    ['26.1.0', false],
  ])('%s is refused: %s', (version, isRefused) => {
    const problem = runModule<string | null>(
      `return (await import('./tools/bootstrap/node-version.mjs')).nodeVersionProblem('${version}') ?? null`,
    );
    expect(problem !== null).toBe(isRefused);
  });
});
