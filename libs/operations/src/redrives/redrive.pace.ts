import type { AdminPort } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { TokenBucket, sleep } from 'millrace/retry';
import type { RedriveTarget } from './redrive.views';

export interface RedrivePaceParts {
  readonly admin: () => Pick<AdminPort, 'committed' | 'offsets'>;
  readonly ratePerSecond: number;
  /** Nothing is sent to a group with a longer lag; unit records. */
  readonly maxLag: number;
  readonly clock: Clock;
}

/** Chunks of one second. */
const CHUNKS_PER_SECOND = 10;
const MAX_CHUNK = 500;
/** How old a lag may be; unit ms. */
const LAG_AGE_MS = 1_000;

/** Holds a redrive back: by its rate, and while a group that gets records is behind. */
export class RedrivePace {
  /** Letters that are sent together; unit records. */
  readonly chunk: number;
  private readonly bucket: TokenBucket;
  private readonly lags = new Map<string, { readonly lag: number; readonly readMs: number }>();

  constructor(private readonly parts: RedrivePaceParts) {
    const { ratePerSecond, clock } = parts;
    const perChunk = Math.floor(ratePerSecond / CHUNKS_PER_SECOND);
    this.chunk = Math.min(MAX_CHUNK, Math.max(1, perChunk));
    this.bucket = new TokenBucket({ ratePerSecond, burst: this.chunk, clock });
  }

  /** Waits until so many records may be sent to the targets. Rejects with the reason of the signal. */
  async before(
    count: number,
    targets: ReadonlyArray<RedriveTarget & { readonly source: string }>,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, maxLag } = this.parts;
    const waitMs = this.bucket.take(count);
    if (waitMs > 0) await sleep(clock, waitMs, signal);
    for (const target of targets) {
      while ((await this.lagOf(target)) > maxLag) await sleep(clock, LAG_AGE_MS, signal);
    }
  }

  /** Of the lane and of the source: who is late with new records gets no old ones on top. */
  private async lagOf(target: RedriveTarget & { readonly source: string }): Promise<number> {
    const { clock } = this.parts;
    const key = JSON.stringify([target.groupId, target.topic]);
    const known = this.lags.get(key);
    if (known !== undefined && clock.monotonicMs() - known.readMs < LAG_AGE_MS) return known.lag;
    const topics = [target.topic, target.source];
    const lags = await Promise.all(topics.map((topic) => this.read(target.groupId, topic)));
    const lag = lags.reduce((sum, one) => sum + one, 0);
    this.lags.set(key, { lag, readMs: clock.monotonicMs() });
    return lag;
  }

  private async read(groupId: string, topic: string): Promise<number> {
    const admin = this.parts.admin();
    const [log, committed] = await Promise.all([
      admin.offsets(topic),
      admin.committed(groupId, topic),
    ]);
    let lag = 0n;
    for (const [partition, { earliest, end }] of log) {
      const next = committed.get(partition) ?? earliest;
      if (end > next) lag += end - (next > earliest ? next : earliest);
    }
    return Number(lag);
  }
}
