import { Logger } from '@nestjs/common';
import type { MillraceError } from 'millrace/errors';
import type { Clock } from 'millrace/retry';
import type { GroupState, PartitionProgress } from '../lanes/group.status';
import { ConsumerStalledError } from './supervision.errors';
import { ProgressAges } from './progress.ages';

export interface ProgressWatchdogParts {
  readonly groupId: string;
  readonly group: {
    readonly status: { readonly state: GroupState };
    readonly progress: readonly PartitionProgress[];
    rebuild(reason: MillraceError): void;
  };
  /** False while brokers or something that records need are away: then waiting is right. */
  readonly isWorkPossible: () => boolean;
  /** Lag of the whole group, of memory; null = not known. */
  readonly lag: () => number | null;
  /** Lag of these partitions, by a call to the brokers. */
  readonly lagOf: (partitions: readonly PartitionProgress[]) => Promise<number>;
  /** Age of the oldest call that should have ended by itself; null = none; unit ms. */
  readonly overdueCallMs: () => number | null;
  /** Unit ms. */
  readonly stallMs: number;
  /** Unit ms. */
  readonly giveUpMs: number;
  readonly clock: Clock;
  readonly onRebuild: () => void;
  /** Called once, when nothing helped. */
  readonly fail: (error: MillraceError) => void;
}

const MOST_REBUILDS = 3;

/**
 * Finds a consumer that is alive, has work and does nothing.
 *
 * Promises: after `stallMs` the client is rebuilt; after three rebuilds or `giveUpMs` without
 * progress the process ends. What waits on purpose is no stall: brokers or dependencies away, a
 * pause, a record in hand (its call has a limit of its own).
 */
export class ProgressWatchdog {
  private readonly logger = new Logger('Watchdog');
  private readonly ages: ProgressAges;
  private cancelTimer: (() => void) | null = null;
  private isEnded = false;
  private rebuilds = 0;
  private stalledSinceMs: number | null = null;
  private lastStallMs = 0;

  constructor(private readonly parts: ProgressWatchdogParts) {
    this.ages = new ProgressAges(parts.clock);
  }

  start(): void {
    if (this.isEnded || this.cancelTimer !== null) return;
    this.cancelTimer = this.parts.clock.setTimer(() => {
      this.cancelTimer = null;
      void this.look().then(
        () => this.start(),
        (error: unknown) => this.onFault(error),
      );
    }, this.parts.stallMs / 4);
  }

  stop(): void {
    this.isEnded = true;
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  private async look(): Promise<void> {
    const { group, isWorkPossible, lag, stallMs, clock } = this.parts;
    const { state } = group.status;
    if (state === 'stopped' || !isWorkPossible() || (lag() ?? 0) === 0) {
      this.ages.restart();
      return;
    }
    const hasMoved = this.ages.update(state === 'assigned', group.progress);
    const quietMs = clock.monotonicMs() - this.lastStallMs;
    if (hasMoved || quietMs > stallMs * 1.5) this.calm();
    // A rebuild gets as much time to help as the first look gave.
    if (this.stalledSinceMs !== null && quietMs < stallMs) return;
    const why = await this.findStall();
    if (why !== null && !this.isEnded) this.onStall(why);
  }

  /** @returns what stands still; null = nothing. */
  private async findStall(): Promise<string | null> {
    const { stallMs, overdueCallMs, lagOf, isWorkPossible } = this.parts;
    if ((overdueCallMs() ?? 0) >= stallMs) return 'a sink does not answer';
    if (this.ages.outsideMs >= stallMs) return 'it does not get into its group';
    const still = this.ages.standingStill(stallMs);
    if (still.length === 0) return null;
    try {
      const lag = await lagOf(still);
      if (lag === 0) this.ages.restart(still);
      if (lag === 0 || !isWorkPossible()) return null;
      this.ages.mark(still);
      return `${lag} records of its partitions are not fetched`;
    } catch {
      // The brokers do not answer: that is no stall of ours.
    }
    return null;
  }

  private onStall(why: string): void {
    const { groupId, clock, giveUpMs, group, fail, onRebuild } = this.parts;
    const nowMs = clock.monotonicMs();
    this.lastStallMs = nowMs;
    this.stalledSinceMs ??= nowMs;
    const hasGivenUp = this.rebuilds >= MOST_REBUILDS || nowMs - this.stalledSinceMs >= giveUpMs;
    const error = new ConsumerStalledError({
      message: `group "${groupId}" makes no progress: ${why}; ${this.rebuilds} rebuilds before`,
    });
    this.logger.error(
      {
        event: 'pipeline.stalled',
        group: groupId,
        error_code: error.code,
        rebuilds: this.rebuilds,
      },
      error.message,
    );
    if (hasGivenUp) {
      this.stop();
      fail(error);
      return;
    }
    this.rebuilds += 1;
    onRebuild();
    this.ages.restart();
    group.rebuild(error);
  }

  /** It looks again: a watchdog that died would be the silence that it is there to prevent. */
  private onFault(error: unknown): void {
    const { groupId } = this.parts;
    const what = error instanceof Error ? error.message : String(error);
    this.logger.error(
      { event: 'pipeline.fault', group: groupId, error: what },
      `the watchdog of group ${groupId} failed and goes on: ${what}`,
    );
    this.start();
  }

  private calm(): void {
    this.rebuilds = 0;
    this.stalledSinceMs = null;
  }
}
