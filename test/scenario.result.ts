import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './e2e/checkout';

/** What one scenario leaves for the last line of `npm run test:<suite>`, and for its report. */
export interface ScenarioResult {
  /** Of the suite; example `steering`. */
  readonly suite: 'steering' | 'security';
  /** Of the file; example `redrive`. */
  readonly name: string;
  /** One sentence: what is tried. */
  readonly about: string;
  /** What was found, in words or numbers, in the order of the report. */
  readonly figures: Readonly<Record<string, string | number | boolean>>;
  /** What happened, in order. */
  readonly steps?: ReadonlyArray<{ readonly atMs: number; readonly what: string }>;
}

const REPORTS = join(ROOT, 'docs', 'reports');

/** Writes `reports/<suite>/<name>.json`; with `SCENARIO_REPORTS` also `docs/reports/<name>.md`. */
export function writeScenarioResult(result: ScenarioResult): void {
  const results = join(ROOT, 'reports', result.suite);
  mkdirSync(results, { recursive: true });
  const text = `${JSON.stringify(result, undefined, 2)}\n`;
  writeFileSync(join(results, `${result.name}.json`), text);
  if ((process.env['SCENARIO_REPORTS'] ?? '') === '') return;
  mkdirSync(REPORTS, { recursive: true });
  writeFileSync(join(REPORTS, `${result.name}.md`), pageOf(result));
}

function pageOf({ suite, name, about, figures, steps = [] }: ScenarioResult): string {
  const run = [
    ['command', `\`npm run test:${suite} -- --only ${name}\``],
    ['node', process.versions.node],
    ['servers', process.env['RELIABILITY_SERVERS'] ?? 'as given by the environment'],
  ];
  const sections = [
    `# ${name.slice(0, 1).toUpperCase()}${name.slice(1)}`,
    `${about}\n\nWritten by the run itself; do not edit.`,
    `## What was run\n\n${table(['what', 'value'], run)}`,
    `## What was found\n\n${table(['figure', 'value'], Object.entries(figures))}`,
    ...(steps.length === 0
      ? []
      : [
          `## What happened\n\n${table(
            ['at (s)', 'what'],
            steps.map(({ atMs, what }) => [(atMs / 1_000).toFixed(1), what]),
          )}`,
        ]),
  ];
  return `${sections.join('\n\n')}\n`;
}

function table(
  head: readonly string[],
  rows: ReadonlyArray<ReadonlyArray<string | number | boolean>>,
): string {
  const line = (cells: ReadonlyArray<string | number | boolean>) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
