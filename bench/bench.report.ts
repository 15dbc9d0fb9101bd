import { cpus } from 'node:os';
import type { BenchOptions } from './bench.options';
import type { BenchResult } from './bench-run';
import type { CaseFigures } from './bench.order';
import type { Verdict } from './gate';
import { rounded, spreadOf } from './statistics';

const MIB = 2 ** 20;

/** Everything that a run has to say; the last line of the bench. */
export interface BenchReport {
  readonly passed: boolean;
  readonly verdicts: readonly Verdict[];
  readonly cases: Readonly<Record<string, CaseReport>>;
  readonly rounds: number;
  readonly records: number;
  readonly seed: number;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly packages: Readonly<Record<string, string>>;
}

interface CaseReport {
  /** Medians of the rounds. */
  readonly cpuMicros: number;
  readonly wallMicros: number;
  readonly loopDelayP99Ms: number;
  readonly peakRssMib: number;
  readonly recordsPerRound: number;
  /** Of each round, as it was measured. */
  readonly cpuMicrosOfRounds: readonly number[];
  readonly wallMicrosOfRounds: readonly number[];
}

export function reportOf(
  { measured, verdicts }: BenchResult,
  { rounds, records, seed }: BenchOptions,
  packages: Readonly<Record<string, string>>,
): BenchReport {
  const cases = Object.entries(measured).map(([name, runs]) => [name, caseReport(runs)] as const);
  const processors = cpus();
  return {
    passed: verdicts.every(({ passed }) => passed),
    verdicts,
    cases: Object.fromEntries(cases),
    rounds,
    records,
    seed,
    node: process.version,
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    packages,
  };
}

/** One line per verdict, for people. */
export function verdictLine({ name, meaning, value, limit, passed, beside }: Verdict): string {
  const rule = limit === null ? 'printed only' : `${limit.kind} ${limit.value}`;
  const more = Object.entries(beside).map(([key, number]) => `${key} ${number}`);
  const mark = limit === null ? '    ' : passed ? 'ok  ' : 'FAIL';
  return [`${mark} ${name.padEnd(16)} ${value} (${rule})  ${meaning}`, ...more].join('; ');
}

function caseReport(runs: readonly CaseFigures[]): CaseReport {
  const middle = (of: (figures: CaseFigures) => number) => rounded(spreadOf(runs.map(of)).median);
  return {
    cpuMicros: middle(({ cpuMicros }) => cpuMicros),
    wallMicros: middle(({ wallMicros }) => wallMicros),
    loopDelayP99Ms: middle(({ loopDelayP99Ms }) => loopDelayP99Ms),
    peakRssMib: Math.round(middle(({ peakRssBytes }) => peakRssBytes) / MIB),
    recordsPerRound: runs[0]?.records ?? 0,
    cpuMicrosOfRounds: runs.map(({ cpuMicros }) => rounded(cpuMicros, 2)),
    wallMicrosOfRounds: runs.map(({ wallMicros }) => rounded(wallMicros, 2)),
  };
}
