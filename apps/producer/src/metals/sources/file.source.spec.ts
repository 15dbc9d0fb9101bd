import { validateEvent } from 'millrace/contracts';
import { PriceQuoted } from 'millrace/events';
import { csvEntries } from './csv.rows';
import { findFile } from './file.source';
import { ndjsonEntries } from './ndjson.rows';
import { MAX_CHUNK_ENTRIES } from './source';
import type { SourceEntry } from './source';

async function* linesOf(...lines: string[]): AsyncIterable<string> {
  yield* lines;
}

async function all(entries: AsyncIterable<SourceEntry>): Promise<SourceEntry[]> {
  const read: SourceEntry[] = [];
  for await (const entry of entries) read.push(entry);
  return read;
}

describe('the file of gold prices', () => {
  it('has 2,322 rows; each is a valid event with the month in its id', async () => {
    const source = await findFile('data', 'gold-monthly');
    const entries: SourceEntry[] = [];
    for await (const chunk of source.chunks(new AbortController().signal)) {
      expect(chunk.length).toBeLessThanOrEqual(MAX_CHUNK_ENTRIES);
      entries.push(...chunk);
    }
    expect(entries).toHaveLength(2_322);
    expect(entries[0]).toEqual({
      ...{ eventId: 'gold-monthly:1833-01', line: 2 },
      event: {
        metal: 'gold',
        price: 18.93,
        currency: 'USD',
        observedAt: '1833-01-01T00:00:00.000Z',
      },
    });
    expect(entries.at(-1)).toMatchObject({
      eventId: 'gold-monthly:2026-06',
      event: { price: 4228 },
    });
    const ids = entries.map((entry) => ('event' in entry ? entry.eventId : ''));
    expect(new Set(ids).size).toBe(2_322);
    for (const entry of entries) {
      expect('event' in entry && validateEvent(PriceQuoted, entry.event)).toHaveProperty('event');
    }
  });

  it('is the only way to a file: a name that is not there is refused', async () => {
    for (const name of ['../data/gold-monthly', 'README', 'gold-monthly.csv', '']) {
      await expect(findFile('data', name)).rejects.toMatchObject({ code: 'SOURCE_FILE_UNKNOWN' });
    }
    await expect(findFile('nowhere', 'gold-monthly')).rejects.toMatchObject({
      code: 'SOURCE_FILE_UNKNOWN',
    });
  });
});

describe('rows of a table', () => {
  it.each(['2024-00,1', '2024-1,1', '2024-01,', '2024-01,-1', '2024-01,NaN', '2024-01,1,2', 'x'])(
    'names the line of %p and goes on',
    async (bad) => {
      const entries = await all(csvEntries('gold-x', linesOf('Date,Price', bad, '2024-02,2.5')));
      expect(entries).toMatchObject([
        { line: 2, problem: expect.any(String) },
        { line: 3, eventId: 'gold-x:2024-02' },
      ]);
    },
  );

  it('takes a byte order mark, spaces at the end and blank lines', async () => {
    const entries = await all(
      csvEntries('silver-x', linesOf('\ufeffDate,Price ', '', '2024-02,2.5 ')),
    );
    expect(entries).toMatchObject([{ event: { metal: 'silver' }, line: 3 }]);
  });

  it.each([
    ['another header', 'gold-x', ['Date;Price']],
    ['no line', 'gold-x', []],
    ['a name without a metal', 'prices', ['Date,Price']],
  ])('refuses a file with %s', async (_, name, lines) => {
    await expect(all(csvEntries(name, linesOf(...lines)))).rejects.toMatchObject({
      code: 'SOURCE_FILE_INVALID',
    });
  });
});

describe('lines of JSON', () => {
  it('takes the id of the line or makes one of its place, so a replay is a repeat', async () => {
    const row = { metal: 'gold', price: 1, observedAt: '2024-01-01T00:00:00Z' };
    const lines = [JSON.stringify({ ...row, eventId: 'mine' }), '', JSON.stringify(row)];
    const entries = await all(ndjsonEntries('prices', linesOf(...lines)));
    expect(entries).toEqual([
      { event: { ...row, currency: 'USD' }, eventId: 'mine', line: 1 },
      { event: { ...row, currency: 'USD' }, eventId: 'prices:3', line: 3 },
    ]);
  });

  it.each(['{"metal":', '[]', '7', 'null', '{"eventId":7}'])(
    'names the line of %p',
    async (bad) => {
      const entries = await all(ndjsonEntries('prices', linesOf(bad, '{}')));
      expect(entries).toMatchObject([{ line: 1, problem: expect.any(String) }, { line: 2 }]);
    },
  );
});
