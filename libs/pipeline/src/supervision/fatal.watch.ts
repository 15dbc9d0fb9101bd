import { Logger } from '@nestjs/common';
import type { MillraceError } from 'millrace/errors';
import { renderError } from 'millrace/errors';
import type { Clock } from 'millrace/retry';

export interface FatalWatchParts {
  readonly groupId: string;
  /** How long a fatal error may last; unit ms. */
  readonly exitMs: number;
  readonly clock: Clock;
  /** True while the error still holds, although nobody has met it again lately. */
  readonly isLasting: (error: MillraceError) => boolean;
  /** Called once, when it has lasted too long. */
  readonly fail: (error: MillraceError) => void;
}

/** Part of `exitMs` in which an error that lasts is met again: waits between attempts are shorter. */
const RECENT_SHARE = 0.6;

/**
 * Watches fatal errors of one group: wrong permissions, wrong configuration.
 *
 * Promise: one that lasts `exitMs` ends the process; one that an operator heals in time does not.
 */
export class FatalWatch {
  private readonly logger = new Logger('Consumer');
  private current: MillraceError | null = null;
  private metAtMs = 0;
  private cancelTimer: (() => void) | null = null;

  constructor(private readonly parts: FatalWatchParts) {}

  /** What keeps the group from working; null = nothing fatal. */
  get error(): MillraceError | null {
    return this.current;
  }

  /** Somebody met it; harmless for an error that is not fatal. */
  report(error: MillraceError): void {
    if (error.failure !== 'fatal') return;
    const { clock, exitMs, groupId } = this.parts;
    this.metAtMs = clock.monotonicMs();
    if (this.current?.code !== error.code) {
      this.logger.error(
        { event: 'pipeline.fatal', group: groupId, error_code: error.code, exit_ms: exitMs },
        renderError(error),
      );
    }
    this.current = error;
    this.cancelTimer ??= clock.setTimer(() => this.judge(), exitMs);
  }

  /** Records were finished: it is over. */
  clear(): void {
    if (this.current === null) return;
    this.current = null;
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  private judge(): void {
    const { clock, exitMs, isLasting, fail } = this.parts;
    const error = this.current;
    this.cancelTimer = null;
    if (error === null) return;
    const isRecent = clock.monotonicMs() - this.metAtMs <= exitMs * RECENT_SHARE;
    if (isRecent || isLasting(error)) fail(error);
    else this.clear();
  }
}
