/** The cases of the bench; closed set. Each runs in a process of its own. */
export const CASE_NAMES = [
  'handInsert',
  'frameworkInsert',
  'frameworkInsertLz4',
  'handGuard',
  'frameworkGuard',
  'eventPattern',
  'consumes',
  'naive',
  'malformed',
  'idle',
] as const;
export type CaseName = (typeof CASE_NAMES)[number];

/** Where a case reads and writes. */
export interface BenchTarget {
  readonly broker: string;
  readonly mongoUri: string;
  readonly topic: string;
  readonly groupId: string;
}

/** What one process is told. */
export interface CaseOrder extends BenchTarget {
  readonly name: CaseName;
  readonly warmUpRecords: number;
  readonly totalRecords: number;
  /** Figures are also kept per run of so many records; null = not. */
  readonly stretchRecords: number | null;
}

/** CPU and wall time of a run of records; unit microseconds per record. */
export interface Cost {
  readonly cpuMicros: number;
  readonly wallMicros: number;
}

/** What one process measured between warm-up and end. */
export interface CaseFigures extends Cost {
  readonly records: number;
  /** Of the event loop, above the sampling interval; unit ms. */
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
  /** Largest resident set of the process, start included; unit bytes. */
  readonly peakRssBytes: number;
  /** Of every record since the start, by outcome; empty for cases without the framework. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** One entry per stretch behind the warm-up. */
  readonly stretches: readonly Cost[];
}
