import { Writable } from 'node:stream';
import { FakeClock } from 'millrace/testing';
import { RecordedOutput } from '../fakes/streams';
import type { Column } from './columns';
import { jsonLine } from './json';
import { Output } from './output';
import { ProgressBar } from './progress.bar';
import { cut, number, pad, plainText, seconds } from './text';

interface Row {
  readonly name: string;
  readonly count: bigint | null;
  readonly at: Date;
}

const COLUMNS: ReadonlyArray<Column<Row>> = [
  { name: 'name', value: ({ name }) => name, shrinks: true },
  { name: 'count', value: ({ count }) => count, align: 'right' },
  { name: 'at', value: ({ at }) => at },
];
const at = new Date('2026-01-31T08:00:00.123Z');
const ROWS: readonly Row[] = [
  { name: 'a', count: 1_234_567n, at },
  { name: 'evil \u001b[2J\ttab\nline', count: null, at },
];

async function printed(terminal: boolean, format?: 'json' | 'table' | 'columns', width = 120) {
  const stdout = new RecordedOutput(terminal, width);
  const stderr = new RecordedOutput(terminal);
  const output = new Output({ stdout, stderr, signal: new AbortController().signal }, format);
  await output.rows(COLUMNS, ROWS);
  return stdout.lines;
}

describe('a list', () => {
  it('is a table on a terminal', async () => {
    expect(await printed(true)).toEqual([
      'NAME                                   COUNT  AT',
      'a                                  1,234,567  2026-01-31T08:00:00Z',
      'evil \\u001b[2J\\u0009tab\\u000aline          -  2026-01-31T08:00:00Z',
    ]);
  });

  it('is exact, separated by tabs and without heads in a pipe', async () => {
    expect(await printed(false)).toEqual([
      'a\t1234567\t2026-01-31T08:00:00.123Z',
      'evil \\u001b[2J\\u0009tab\\u000aline\t\t2026-01-31T08:00:00.123Z',
    ]);
  });

  it.each([true, false])('is JSON lines with -o json (terminal: %p)', async (terminal) => {
    expect((await printed(terminal, 'json')).map((line) => JSON.parse(line) as unknown)).toEqual([
      { name: 'a', count: '1234567', at: at.toISOString() },
      { name: ROWS[1]?.name, count: null, at: at.toISOString() },
    ]);
  });

  it('cuts the column that may shrink so that lines fit the terminal', async () => {
    for (const line of await printed(true, 'table', 60))
      expect([...line].length).toBeLessThanOrEqual(60);
  });

  it('is empty without rows: no heads either', async () => {
    const stdout = new RecordedOutput(true);
    const output = new Output({ stdout, stderr: stdout, signal: new AbortController().signal });
    expect(await output.rows(COLUMNS, [])).toBe(0);
    expect(stdout.text).toBe('');
  });

  it('holds a bounded number of rows of an endless one', async () => {
    const stdout = new RecordedOutput(true);
    const output = new Output({ stdout, stderr: stdout, signal: new AbortController().signal });
    const made: number[] = [];
    function* many() {
      for (let index = 0; index < 1_000; index += 1) {
        made.push(index);
        yield { name: `row ${index}`, count: 1n, at };
        if (index === 500) expect(stdout.lines.length).toBeGreaterThan(200);
      }
    }
    await output.rows(COLUMNS, many());
    expect(stdout.lines).toHaveLength(1_001);
  });
});

describe('writing', () => {
  it('waits for a slow reader', async () => {
    const taken: string[] = [];
    let go = () => {};
    const slow = new Writable({
      highWaterMark: 4,
      write: (chunk: Buffer, _encoding, done) => {
        taken.push(String(chunk));
        go = done;
      },
    });
    const output = new Output({ stdout: slow, stderr: slow, signal: new AbortController().signal });
    let isDone = false;
    const writing = output.line('12345678').then(() => (isDone = true));
    await new Promise(setImmediate);
    expect(isDone).toBe(false);
    go();
    await writing;
    expect(taken).toEqual(['12345678\n']);
  });

  it('stops waiting when nobody reads any more', async () => {
    const stuck = new Writable({ highWaterMark: 4, write: () => undefined });
    const stopping = new AbortController();
    const output = new Output({ stdout: stuck, stderr: stuck, signal: stopping.signal });
    const writing = expect(output.line('12345678')).rejects.toBeDefined();
    stopping.abort('output-closed');
    await writing;
    await expect(output.line('x')).rejects.toBe('output-closed');
  });
});

describe('a progress bar', () => {
  const clock = new FakeClock();

  it('is drawn on a terminal with share, pace and what is left, and taken away', async () => {
    const stream = new RecordedOutput(true);
    const bar = new ProgressBar(stream, clock, 'redrive');
    bar.show(0, 100);
    await clock.advance(10_000);
    bar.show(50, 100);
    bar.end();
    const [, first, second, last] = stream.text.split('\r\u001b[2K');
    expect(first).toBe('redrive  [------------------------------] 0 of 100  0/s');
    expect(second).toBe('redrive  [###############---------------] 50 of 100  5/s, 10 s left');
    expect(last).toBe('');
  });

  it('is not drawn more often than the eye sees', async () => {
    const stream = new RecordedOutput(true);
    const bar = new ProgressBar(stream, clock, 'x');
    for (let count = 0; count < 1_000; count += 1) bar.show(count, 2_000);
    expect(stream.text.split('\r')).toHaveLength(2);
  });

  it('is silent where there is no terminal', () => {
    const stream = new RecordedOutput(false);
    const bar = new ProgressBar(stream, clock, 'x');
    bar.show(1, 2);
    bar.show(2, 2);
    bar.end();
    expect(stream.text).toBe('');
  });
});

describe('texts', () => {
  it('cannot steer a terminal', () => {
    for (let code = 0; code < 0x100; code += 1) {
      const text = plainText(String.fromCharCode(code));
      expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      expect(jsonLine(String.fromCharCode(code))).not.toMatch(/[\u007f-\u009f]/);
      expect(JSON.parse(jsonLine(String.fromCharCode(code)))).toBe(String.fromCharCode(code));
    }
  });

  it('keep letters of all languages', () => {
    expect(plainText('Zürich 東京 🙂')).toBe('Zürich 東京 🙂');
  });

  it('are cut, padded and counted by characters', () => {
    expect([cut('abcdef', 4), cut('abc', 3), cut('abc', 1), cut('abc', 0)]).toEqual([
      'abc…',
      'abc',
      '…',
      '',
    ]);
    expect([pad('é', 3, 'left'), pad('7', 3, 'right')]).toEqual(['é  ', '  7']);
    expect([number(1_234n), seconds(0.44), seconds(119), seconds(600), seconds(90_000)]).toEqual([
      ...['1,234', '0.4 s', '119 s', '10 min', '25 h'],
    ]);
  });

  it('in JSON: 64-bit offsets stay exact, bytes are base64, maps are objects', () => {
    const value = { offset: 2n ** 62n, bytes: Buffer.from([255, 0]), map: new Map([['a', 1n]]) };
    expect(JSON.parse(jsonLine(value))).toEqual({
      offset: '4611686018427387904',
      bytes: '/wA=',
      map: { a: '1' },
    });
  });
});
