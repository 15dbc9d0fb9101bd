import type { BenchReport } from './bench.report';
import { spreadOf } from './statistics';

/** docs/reports/bench.md: generated, never edited. */
export function pageOf(report: BenchReport): string {
  return [
    '# Bench report',
    '',
    'Written by `npm run bench -- --full`; method and limits: [bench/README.md](../../bench/README.md).',
    '',
    `${report.rounds} rounds, seed ${report.seed}, ${report.records} records per batch case, Node ${report.node}, ${report.cores} x ${report.cpu}.`,
    `Packages: ${Object.entries(report.packages)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
    '',
    'Only ratios within this run mean something; absolute figures belong to this machine at this hour.',
    '',
    '## Comparisons',
    '',
    ...table(
      ['comparison', 'what', 'value', 'limit', 'result', 'beside'],
      report.verdicts.map(({ name, meaning, value, limit, passed, beside }) => [
        name,
        meaning,
        String(value),
        limit === null ? '-' : `${limit.kind} ${limit.value}`,
        limit === null ? 'printed only' : passed ? 'ok' : 'failed',
        Object.entries(beside)
          .map(([key, number]) => `${key} ${number}`)
          .join(', '),
      ]),
    ),
    '',
    '## Cases',
    '',
    'Microseconds of CPU per record over the rounds; medians for the rest.',
    '',
    ...casesTable(report),
    '',
    '## Raw',
    '',
    '```json',
    JSON.stringify(report.cases, null, 2),
    '```',
    '',
  ].join('\n');
}

function casesTable({ cases }: BenchReport): string[] {
  return table(
    ['case', 'min', 'quarter', 'median', 'three quarters', 'max', 'wall', 'loop p99 ms', 'MiB'],
    Object.entries(cases)
      .filter(([name]) => name !== 'idle')
      .map(([name, figures]) => {
        const { min, q1, median, q3, max } = spreadOf(figures.cpuMicrosOfRounds);
        const { wallMicros, loopDelayP99Ms, peakRssMib } = figures;
        const numbers = [min, q1, median, q3, max, wallMicros, loopDelayP99Ms];
        return [name, ...numbers.map((number) => number.toFixed(1)), String(peakRssMib)];
      }),
  );
}

function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
