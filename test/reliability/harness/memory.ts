import { readFileSync } from 'node:fs';
import { pause } from './scenario';

/** What of a process can be measured. */
interface Resident {
  residentBytes(): number;
}

const MIB = 1_024 * 1_024;
const EVERY_MS = 500;
const PAGE_BYTES = 4_096;

/** Resident memory now; 0 where the system does not tell; unit bytes. */
export function residentBytesOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}

/** Samples the resident memory of a process while something goes on. */
export class MemoryTrack {
  private readonly samples: Array<readonly [seconds: number, mib: number]> = [];
  private isStopping = false;
  private readonly running: Promise<void>;

  constructor(private readonly process: Resident) {
    this.running = this.run();
  }

  async stop(): Promise<this> {
    this.isStopping = true;
    await this.running;
    return this;
  }

  get maxMib(): number {
    return Math.max(...this.samples.map(([, mib]) => mib));
  }

  /** Median of the first or the last part, so that one collection of garbage decides nothing. */
  medianMib(part: 'first' | 'last', share = 1 / 4): number {
    const count = Math.max(1, Math.floor(this.samples.length * share));
    const chosen = part === 'first' ? this.samples.slice(0, count) : this.samples.slice(-count);
    const sorted = chosen.map(([, mib]) => mib).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }

  /** Robust slope (Theil-Sen: the median of the slopes of all pairs); unit MiB per minute. */
  slopeMibPerMinute(): number {
    const slopes: number[] = [];
    this.samples.forEach(([s1, m1], index) => {
      for (const [s2, m2] of this.samples.slice(index + 1)) slopes.push((m2 - m1) / (s2 - s1));
    });
    slopes.sort((a, b) => a - b);
    return (slopes[Math.floor(slopes.length / 2)] ?? 0) * 60;
  }

  private async run(): Promise<void> {
    const startedMs = performance.now();
    while (!this.isStopping) {
      const mib = this.process.residentBytes() / MIB;
      if (mib > 0) this.samples.push([(performance.now() - startedMs) / 1_000, mib]);
      await pause(EVERY_MS);
    }
  }
}
