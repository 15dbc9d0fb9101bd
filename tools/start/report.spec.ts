import { runModule } from '../engines/module-process';

const WHOLE = {
  ...{ published: 8322, stored: 8322, missing: 0, duplicates: 2322, twice: 0, deadLetters: 0 },
  ...{ lag: 0, recordsPerSecond: 900, p95EndToEndMs: 120 as number | null },
};

const isComplete = (figures: object) =>
  runModule<boolean>(
    `return (await import('./tools/start/report.mjs')).isComplete(${JSON.stringify(figures)})`,
  );

describe('the report of the main job', () => {
  it('is complete when every published event is stored once, also when some were there before', () => {
    expect(isComplete(WHOLE)).toBe(true);
  });

  it.each([
    ['an event is missing', { stored: 8321, missing: 1 }],
    ['an event is stored twice', { twice: 1 }],
    ['nothing was published', { published: 0, stored: 0 }],
  ])('is not complete when %s', (_, change) => {
    expect(isComplete({ ...WHOLE, ...change })).toBe(false);
  });

  it('shows each figure with its unit', () => {
    const text = runModule<string>(`
      const { table } = await import('./tools/start/report.mjs');
      return table(${JSON.stringify({ ...WHOLE, p95EndToEndMs: null })});
    `);
    for (const row of ['published +8322', 'duplicates recognised +2322', 'rate +900 records/s']) {
      expect(text).toMatch(new RegExp(row));
    }
    expect(text).toMatch(/p95 +not measured/);
  });
});

describe('the progress of the main job', () => {
  const written = (isTerminal: boolean) =>
    runModule<string>(`
      const { createProgress } = await import('./tools/start/progress.mjs');
      let text = '', time = 0;
      const progress = createProgress({ out: { isTTY: ${isTerminal}, write: (part) => (text += part) }, now: () => time });
      for (time = 0; time < 4000; time += 250) progress.update({ expected: 100, published: 50, stored: 25 });
      progress.line('a warning');
      progress.end({ expected: 100, published: 100, stored: 100 });
      return text;
    `);

  it('is one redrawn line on a terminal, which other lines do not tear', () => {
    const text = written(true);
    expect(text).toContain('[######------            ] published 50, stored 25 of 100');
    expect(text).toContain('\r\u001b[2Ka warning\n');
    expect(text.match(/\n/g)).toHaveLength(2);
  });

  it('is a plain line every two seconds elsewhere', () => {
    const text = written(false);
    expect(text).not.toContain('\u001b');
    expect(text.split('\n')).toEqual([
      'progress   published 50, stored 25',
      'progress   published 50, stored 25',
      'a warning',
      'progress   published 100, stored 100',
      '',
    ]);
  });
});

describe('the echo of the apps’ logs', () => {
  const loud = (line: string) =>
    runModule<string | null>(
      `return (await import('./tools/start/log-line.mjs')).loudLine(${JSON.stringify(line)}) ?? null`,
    );

  it('shows warnings and errors, and neither information nor waiting', () => {
    expect(loud('{"level":"warn","msg":"slow"}')).toBe('warn: slow');
    expect(loud('{"level":"error","err":{"message":"gone"}}')).toBe('error: gone');
    expect(loud('{"level":50,"msg":"gone"}')).toBe('warn: gone');
    expect(loud('Error: cannot find module')).toBe('Error: cannot find module');
    expect(loud('{"level":"info","msg":"waiting for kafka"}')).toBeNull();
    expect(loud('{"level":30,"msg":"connected"}')).toBeNull();
    expect(loud('plain words')).toBeNull();
  });
});
