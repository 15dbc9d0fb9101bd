import { FakeClock } from 'millrace/testing';
import type { LaneEvents, LaneLimits, SliceHandler } from '../lanes/lane';
import { Lane } from '../lanes/lane';
import type { OnItsWay } from '../lanes/lane-work';

const LIMITS: LaneLimits = { maxInFlightRecords: 10, maxInFlightBytes: 1_000, sliceRecords: 4 };
const TARGET = { topic: 'readings', partition: 0 };

interface Held {
  readonly first: number;
  readonly end: () => void;
}

/** A lane with a handler that a test holds, fails and lets go. */
export class LaneScene {
  readonly clock = new FakeClock();
  /** Offsets per call, in the order of the calls. */
  readonly slices: number[][] = [];
  readonly told: string[] = [];
  readonly signals: AbortSignal[] = [];
  atOnce = 0;
  mostAtOnce = 0;
  /** Calls wait for {@link release}. */
  isHeld = false;
  /** An abandoned call ends well all the same. */
  ignoresSignal = false;
  failures = 0;
  /** First offsets of calls that leave something on its way, until {@link arrive} or the signal. */
  leaves: (first: number) => boolean = () => false;
  readonly lane: Lane;
  private readonly waiting: Held[] = [];
  private readonly arrivals = new Map<number, () => void>();

  constructor(limits: Partial<LaneLimits> = {}, predecessor?: Promise<void>) {
    const events: LaneEvents = {
      full: () => this.told.push('full'),
      drained: () => this.told.push('drained'),
      parked: () => this.told.push('parked'),
      unparked: (_, next) => this.told.push(`unparked ${next}`),
      progress: (_, records) => this.told.push(`progress ${records}`),
      lowered: () => this.told.push('lowered'),
      fault: (_, error) => this.told.push(`fault ${(error as Error).message}`),
    };
    const handle: SliceHandler = (records, { signal }) => this.handle(records, signal);
    const all = { ...LIMITS, ...limits };
    this.lane = new Lane(TARGET, 1, all, handle, events, this.clock, predecessor);
  }

  /** First offsets of the calls that are held. */
  get held(): readonly number[] {
    return this.waiting.map(({ first }) => first);
  }

  /** Lets one held call end: the one that begins at this offset, or the oldest. */
  async release(first?: number): Promise<void> {
    await this.clock.flush();
    const index = this.waiting.findIndex((held) => first === undefined || held.first === first);
    if (index !== -1) this.waiting.splice(index, 1)[0]?.end();
    await this.clock.flush();
  }

  /** What the call that began at this offset left on its way is durable now. */
  async arrive(first: number): Promise<void> {
    this.arrivals.get(first)?.();
    await this.clock.flush();
  }

  private async handle(
    records: ReadonlyArray<{ readonly offset: bigint }>,
    signal: AbortSignal,
  ): Promise<OnItsWay | null> {
    const offsets = records.map(({ offset }) => Number(offset));
    this.signals.push(signal);
    this.mostAtOnce = Math.max(this.mostAtOnce, (this.atOnce += 1));
    this.slices.push(offsets);
    try {
      if (this.isHeld) {
        await new Promise<void>((end) => this.waiting.push({ first: offsets[0] ?? -1, end }));
      }
      if (signal.aborted && !this.ignoresSignal) throw signal.reason as Error;
      if (this.failures > 0) {
        this.failures -= 1;
        throw new Error('bug');
      }
      const [first = -1] = offsets;
      return this.leaves(first) ? { durable: this.arrivalOf(first, signal) } : null;
    } finally {
      this.atOnce -= 1;
    }
  }

  private arrivalOf(first: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.arrivals.set(first, resolve);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  }
}
