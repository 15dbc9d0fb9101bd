import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../e2e/checkout';
import type { Variant } from '../service/workload';
import type { FaultEntry } from './fault-log';
import { markdownOf } from './markdown';
import type { Scenario } from './scenario';
import type { Verdict } from './verdict';

/** What one scenario leaves for the last line of `npm run test:reliability`, and for its report. */
export interface ScenarioResult {
  readonly name: string;
  readonly about: string;
  readonly seed: number;
  readonly seconds: number;
  /** Not null: broken on purpose, and its figures count in no sum. */
  readonly variant: Variant | null;
  /** Of a variant: the harness called it wrong. */
  readonly caught: boolean | null;
  readonly verdict: Verdict;
  readonly faults: readonly FaultEntry[];
  readonly members: number;
  readonly repeatsSent: number;
  readonly versions: Readonly<Record<string, string>>;
}

const RESULTS = join(ROOT, 'reports', 'reliability');
const REPORTS = join(ROOT, 'docs', 'reports');

/** Writes `reports/reliability/<name>.json`; with `RELIABILITY_REPORTS` also `docs/reports/<name>.md`. */
export function writeResult(scenario: Scenario, verdict: Verdict): void {
  const { name, about, seed, faults, members, workload, source } = scenario;
  const { variant } = workload;
  const result: ScenarioResult = {
    ...{ name, about, seed, variant, verdict },
    seconds: Math.round(scenario.elapsedMs / 1_000),
    caught: variant === null ? null : verdict.code === 'wrong',
    faults: faults.entries,
    members: members.length,
    repeatsSent: source.repeatCount,
    versions: versions(),
  };
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${name}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
  // What was broken on purpose is in the overview alone: a page that says "wrong" would mislead.
  if (variant !== null || (process.env['RELIABILITY_REPORTS'] ?? '') === '') return;
  mkdirSync(REPORTS, { recursive: true });
  writeFileSync(join(REPORTS, `${name}.md`), markdownOf(result));
}

function versions(): Readonly<Record<string, string>> {
  const of = (name: string) =>
    (
      JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')) as {
        readonly version: string;
      }
    ).version;
  return {
    node: process.versions.node,
    kafkajs: of('kafkajs'),
    mongodb: of('mongodb'),
    servers: process.env['RELIABILITY_SERVERS'] ?? 'as given by the environment',
  };
}
