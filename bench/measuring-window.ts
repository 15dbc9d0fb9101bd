import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { CaseFigures, CaseOrder, Cost } from './bench.order';

const LOOP_SAMPLE_MS = 5;
const NANOS_PER_MS = 1e6;
/** Share of a stretch that is not measured. */
const STRETCH_LEAD = 0.2;

interface Mark {
  readonly cpu: NodeJS.CpuUsage;
  readonly ms: number;
  readonly seen: number;
}

/** Measures this process from the record after the warm-up to the last one. */
export class MeasuringWindow {
  private seen = 0;
  private start: Mark | null = null;
  private stretchStart: Mark | null = null;
  private readonly stretches: Cost[] = [];
  private readonly outcomes: Record<string, number> = {};
  private readonly loop = monitorEventLoopDelay({ resolution: LOOP_SAMPLE_MS });

  constructor(
    private readonly order: Pick<CaseOrder, 'warmUpRecords' | 'totalRecords' | 'stretchRecords'>,
    private readonly onEnd: (figures: CaseFigures) => void,
  ) {}

  /** Says that records are finished. The window ends in the call that reaches the total. */
  add(records: number, outcomes: Readonly<Record<string, number>> = {}): void {
    this.seen += records;
    for (const name in outcomes) {
      this.outcomes[name] = (this.outcomes[name] ?? 0) + (outcomes[name] ?? 0);
    }
    if (this.start === null) {
      if (this.seen >= this.order.warmUpRecords) this.begin();
      return;
    }
    this.followStretch(this.order.stretchRecords);
    if (this.seen >= this.order.totalRecords) this.end(this.start);
  }

  /** For a case without records: measures from now for a time. */
  measureFor(ms: number): void {
    this.begin();
    // It wakes the process 200 times per second: more than the service that is measured.
    this.loop.disable();
    const { start } = this;
    setTimeout(() => start !== null && this.end(start), ms);
  }

  private begin(): void {
    this.start = this.mark();
    this.loop.enable();
  }

  /** Leaves out the first part of each stretch: records of the one before it may finish in it. */
  private followStretch(records: number | null): void {
    if (records === null) return;
    const border = this.stretches.length * records + this.order.warmUpRecords;
    if (this.stretchStart === null) {
      if (this.seen >= border + records * STRETCH_LEAD) this.stretchStart = this.mark();
      return;
    }
    if (this.seen < border + records) return;
    this.stretches.push(costSince(this.stretchStart, this.seen));
    this.stretchStart = null;
  }

  private end(start: Mark): void {
    this.loop.disable();
    this.onEnd({
      ...costSince(start, this.seen),
      records: this.seen - start.seen,
      // The histogram holds intervals between ticks, so an idle loop shows the sampling interval.
      loopDelayP99Ms: Math.max(0, this.loop.percentile(99) / NANOS_PER_MS - LOOP_SAMPLE_MS),
      loopDelayMaxMs: Math.max(0, this.loop.max / NANOS_PER_MS - LOOP_SAMPLE_MS),
      peakRssBytes: process.resourceUsage().maxRSS * 1_024,
      outcomes: this.outcomes,
      stretches: this.stretches,
    });
  }

  private mark(): Mark {
    return { cpu: process.cpuUsage(), ms: performance.now(), seen: this.seen };
  }
}

/** @returns per record; without records the whole, so that an idle case has its CPU time. */
function costSince(mark: Mark, seen: number): Cost {
  const { user, system } = process.cpuUsage(mark.cpu);
  const records = Math.max(1, seen - mark.seen);
  return {
    cpuMicros: (user + system) / records,
    wallMicros: ((performance.now() - mark.ms) * 1_000) / records,
  };
}
