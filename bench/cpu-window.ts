/** What one process measured between warm-up and end. */
export interface CaseFigures {
  /** User and system time of the process; unit microseconds per record. */
  readonly cpuMicros: number;
  /** Unit microseconds per record. */
  readonly wallMicros: number;
  readonly records: number;
}

/** Measures from the record after the warm-up to the last one. */
export class CpuWindow {
  private seen = 0;
  private start: {
    readonly cpu: NodeJS.CpuUsage;
    readonly ms: number;
    readonly seen: number;
  } | null = null;

  constructor(
    private readonly warmUpRecords: number,
    private readonly totalRecords: number,
    private readonly onEnd: (figures: CaseFigures) => void,
  ) {}

  add(records: number): void {
    this.seen += records;
    if (this.start === null) {
      if (this.seen < this.warmUpRecords) return;
      this.start = { cpu: process.cpuUsage(), ms: performance.now(), seen: this.seen };
    } else if (this.seen >= this.totalRecords) {
      const { user, system } = process.cpuUsage(this.start.cpu);
      const measured = this.seen - this.start.seen;
      this.onEnd({
        cpuMicros: (user + system) / measured,
        wallMicros: ((performance.now() - this.start.ms) * 1_000) / measured,
        records: measured,
      });
    }
  }
}
