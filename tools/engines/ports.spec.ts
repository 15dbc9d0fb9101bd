import { runModule } from './module-process';

describe('the choice of a port', () => {
  const choose = (preferred: readonly (number | null)[], taken: readonly number[]) =>
    runModule<number>(`
      const { choosePort } = await import('./tools/engines/ports.mjs');
      const preferred = ${JSON.stringify(preferred)}.map((port) => port ?? undefined);
      const network = { isFree: async (port) => !${JSON.stringify(taken)}.includes(port), anyFree: async () => 50000 };
      return choosePort(preferred, network);
    `);

  it('is the usual one while it is free', () => {
    expect(choose([9092], [])).toBe(9092);
  });

  it('is the one of the run before, if there was one', () => {
    expect(choose([40001, 9092], [])).toBe(40001);
    expect(choose([null, 9092], [])).toBe(9092);
  });

  it('is any free one when the preferred ones are taken', () => {
    expect(choose([9092, 9094], [9092, 9094])).toBe(50000);
  });

  it('sees a listener of another process on any address', () => {
    const results = runModule<readonly boolean[]>(`
      const { createServer } = await import('node:net');
      const { isPortFree, choosePort } = await import('./tools/engines/ports.mjs');
      const results = [];
      for (const host of ['127.0.0.1', '0.0.0.0']) {
        const server = createServer().listen(0, host);
        await new Promise((resolve) => server.once('listening', resolve));
        const { port } = server.address();
        results.push(await isPortFree(port), (await choosePort([port])) !== port);
        server.close();
      }
      return results;
    `);
    expect(results).toEqual([false, true, false, true]);
  });
});
