import { Committer } from '../lanes/committer';
import type { LaneLimits } from '../lanes/lane';
import { Lane } from '../lanes/lane';
import type { FetchedBatch } from '../ports/driver';
import type { KafkaRecord, Offset } from '../ports/record';
import { recordAt } from './records';
import { StepClock } from './step-clock';

/** An offset that holds nothing. */
export const GAP = '(gap)';
/** One entry of the log: a key, `null` = a record without one, or {@link GAP}. */
export type LogEntry = string | null;

interface Call {
  readonly epoch: number;
  readonly offset: number;
  readonly signal: AbortSignal;
  readonly succeed: () => void;
  readonly fail: () => void;
}

const TARGET = { topic: 'readings', partition: 0 };

/**
 * One partition with a log, a group that rebalances, a coordinator and the lanes of its epochs.
 *
 * It checks while it runs: see {@link problems}. Nothing in it waits for real time.
 */
export class LaneModel {
  readonly problems: string[] = [];
  readonly calls: Call[] = [];
  readonly clock = new StepClock();
  committed = 0n;
  mostHeld = 0;
  lane: Lane;
  private readonly durable = new Set<number>();
  private readonly lanes: Lane[] = [];
  private epoch = 0;
  private position = 0;
  private readonly pauses = new Set<string>();
  private lastBegun = new Map<string, number>();
  private commitFails = 0;
  private readonly committer: Committer;

  constructor(
    private readonly log: readonly LogEntry[],
    private readonly limits: LaneLimits,
    /** For a broken variant. */
    private readonly prepare: (lane: Lane) => void = () => undefined,
  ) {
    this.committer = new Committer({
      consumer: { commit: (offsets, epoch) => this.commit(offsets[0]?.next ?? 0n, epoch) },
      clock: this.clock,
      intervalMs: 1_000,
      everyRecords: 3,
      lanes: () => this.lanes,
      onStale: () => undefined,
      onFailed: () => undefined,
      onCommitted: () => undefined,
    });
    this.lane = this.join(Promise.resolve());
  }

  /** Hands the lane what comes next in the log, as a driver does: not while paused. */
  async deliver(count: number): Promise<void> {
    if (this.pauses.size === 0 && this.position < this.log.length) {
      const from = this.position;
      const to = Math.min(from + count, this.log.length);
      if (this.lane.offer(this.batch(from, to))) {
        this.position = to;
        const room = this.lane.whenRoom(0);
        await this.turns();
        await this.clock.step(0);
        // What was dropped meanwhile comes again, unless a seek said from where.
        if (!(await room) && this.position === to) this.position = from;
      }
    }
    this.mostHeld = Math.max(this.mostHeld, this.lane.watermark.openRecords);
    await this.turns();
  }

  /** Lets one call end, by its number among those that are under way. */
  async end(index: number, how: 'succeed' | 'fail'): Promise<void> {
    const call = this.calls[index % Math.max(1, this.calls.length)];
    if (call === undefined) return;
    this.calls.splice(this.calls.indexOf(call), 1);
    if (how === 'succeed') {
      this.durable.add(call.offset);
      call.succeed();
    } else call.fail();
    await this.turns();
  }

  async pass(ms: number): Promise<void> {
    await this.clock.step(ms);
    await this.turns();
  }

  failNextCommits(count: number): void {
    this.commitFails = count;
  }

  /** The new assignment begins at the committed offset; with patience, work in hand may end and is committed. */
  async rebalance(how: 'at-once' | 'patient'): Promise<void> {
    const old = this.lane;
    const stopped = old.stop('revoked', how === 'patient' ? 2_000 : 0);
    if (how === 'patient') {
      await this.end(0, 'succeed');
      await this.end(1, 'succeed');
      await this.clock.step(3_000);
      await stopped;
      await this.committer.flush();
    }
    this.pauses.clear();
    this.lane = this.join(old.settled());
    await this.turns();
  }

  /** Lets everything end well. */
  async settle(): Promise<void> {
    for (let round = 0; round < 500; round += 1) {
      await this.deliver(7);
      while (this.calls.length > 0) await this.end(0, 'succeed');
      await this.pass(2_000);
      if (this.isDone) return;
    }
    this.problems.push(`stuck: ${this.durable.size} durable, ${this.committed} committed`);
  }

  private get isDone(): boolean {
    return this.position >= this.log.length && this.lane.isIdle && !this.committer.isPending;
  }

  /** The lowest offset that holds a record without an outcome; the end of the log when none does. */
  get lowestOpen(): number {
    const open = this.log.findIndex((entry, at) => entry !== GAP && !this.durable.has(at));
    return open === -1 ? this.log.length : open;
  }

  private join(predecessor: Promise<void>): Lane {
    this.epoch += 1;
    this.position = Number(this.committed);
    this.lastBegun = new Map();
    const { epoch } = this;
    const isCurrent = (lane: Lane) => lane.epoch === this.epoch;
    const lane = new Lane(
      TARGET,
      epoch,
      this.limits,
      (records, { signal }) => this.handle(records, epoch, signal),
      {
        full: () => this.pauses.add('full'),
        drained: () => this.pauses.delete('full'),
        parked: () => this.pauses.add('parked'),
        unparked: (own, next) => {
          if (!isCurrent(own)) this.problems.push('an old lane moved the position');
          this.position = Number(next);
          this.pauses.delete('parked');
        },
        progress: (_, records) => this.committer.progress(records),
        lowered: () => this.problems.push('the watermark was lowered'),
        fault: () => undefined,
      },
      this.clock,
      predecessor,
    );
    this.prepare(lane);
    this.lanes.push(lane);
    return lane;
  }

  private async handle(
    records: readonly KafkaRecord[],
    epoch: number,
    signal: AbortSignal,
  ): Promise<void> {
    const [record] = records;
    const offset = Number(record?.offset ?? -1n);
    if (records.length !== 1) this.problems.push(`${records.length} records in one call`);
    this.checkOrder(offset, epoch);
    await new Promise<void>((resolve, reject) => {
      const fail = () => reject(new Error('failed'));
      this.calls.push({ epoch, offset, signal, succeed: resolve, fail });
    });
  }

  private checkOrder(offset: number, epoch: number): void {
    const key = this.log[offset] ?? null;
    if (this.calls.some((call) => call.epoch !== epoch)) this.problems.push('two epochs at work');
    if (key === null) return;
    const isBusy = this.calls.some((call) => this.log[call.offset] === key);
    if (isBusy) this.problems.push(`two records of ${key} at once`);
    const skipped = this.log.findIndex(
      (other, at) => at < offset && other === key && !this.durable.has(at),
    );
    if (skipped !== -1) this.problems.push(`${offset} of ${key} begun before ${skipped}`);
    if (offset < (this.lastBegun.get(key) ?? -1)) this.problems.push(`${offset} of ${key} again`);
    this.lastBegun.set(key, offset);
  }

  private async commit(next: Offset, epoch: number): Promise<'committed' | 'stale'> {
    await Promise.resolve();
    if (epoch !== this.epoch) return 'stale';
    if (this.commitFails > 0) {
      this.commitFails -= 1;
      throw new Error('the coordinator is away');
    }
    if (next > BigInt(this.lowestOpen)) this.problems.push(`${next} passes ${this.lowestOpen}`);
    if (next < this.committed) this.problems.push(`${next} is below ${this.committed}`);
    this.committed = next;
    return 'committed';
  }

  private batch(from: number, to: number): FetchedBatch {
    const records: KafkaRecord[] = [];
    for (let at = from; at < to; at += 1) {
      const entry = this.log[at];
      if (entry === GAP) continue;
      records.push(recordAt(at, { key: entry === null ? null : Buffer.from(entry ?? '') }));
    }
    const bytes = records.reduce(
      (sum, r) => sum + (r.key?.length ?? 0) + (r.value?.length ?? 0),
      0,
    );
    return { ...TARGET, records, nextOffset: BigInt(to), highWatermark: BigInt(to), bytes };
  }

  private async turns(): Promise<void> {
    for (let turn = 0; turn < 24; turn += 1) await Promise.resolve();
  }
}
