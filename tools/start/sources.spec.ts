import { runModule } from '../engines/module-process';

/** A producer that answers from a script; its requests are recorded. */
const withProducer = (routes: string, body: string) => `
  const { createServer } = await import('node:http');
  const sources = await import('./tools/start/sources.mjs');
  const requests = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    requests.push([request.method, request.url, text === '' ? null : JSON.parse(text)]);
    response.end(JSON.stringify((${routes})(new URL(request.url, 'http://x'))));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = 'http://127.0.0.1:' + server.address().port;
  try { ${body} } finally { server.closeAllConnections(); server.close(); }
`;

describe('the sources of the producer', () => {
  it('are asked for the gold prices and for generated ones of four metals', () => {
    const { expected, requests } = runModule<{ expected: number; requests: unknown }>(
      withProducer(
        '() => ({})',
        `const expected = await sources.startSources(url, { count: 10, rate: 50, seed: 3 });
         return { expected, requests };`,
      ),
    );
    const metals = ['silver', 'platinum', 'palladium', 'copper'];
    const generated = { metals, count: 40, ratePerSecond: 50, seed: 3 };
    expect(expected).toBe(2322 + 40);
    expect(requests).toEqual([
      ['POST', '/sources/file/replay', { file: 'gold-monthly' }],
      ['POST', '/sources/generator/run', generated],
    ]);
  });

  it('are over when none is running, and broken when one failed', () => {
    const publishing = runModule(
      withProducer(
        `() => ({ file: { state: 'failed', published: 5, failed: 1 }, generator: { state: 'done', published: 7, failed: 0 } })`,
        'return await sources.readSources(url);',
      ),
    );
    expect(publishing).toEqual({ published: 12, failed: 1, isOver: true, isBroken: true });
  });

  it('give every acknowledged id once, page by page', () => {
    const { ids, requests } = runModule<{ ids: unknown; requests: readonly unknown[] }>(
      withProducer(
        `(asked) => {
          const all = ['a', 'b', 'c', 'b', 'd'];
          const since = Number(asked.searchParams.get('since') ?? 0);
          const page = all.slice(since, since + 2);
          return { ids: page, next: since + page.length };
        }`,
        'return { ids: await sources.acknowledgedIds(url), requests };',
      ),
    );
    expect(ids).toEqual(['a', 'b', 'c', 'd']);
    expect(requests).toHaveLength(4);
  });
});
