import { Logger } from '@nestjs/common';
import type { Clock } from 'millrace/retry';
import { sleep } from 'millrace/retry';
import type { Redrives } from './redrives';

export interface RedriveWorkerParts {
  readonly redrives: Pick<Redrives, 'runNext'>;
  readonly clock: Clock;
  /** How often it looks for a redrive to take; unit ms. */
  readonly pollMs: number;
}

/**
 * Runs redrives in a service, one at a time.
 *
 * Promises: a redrive whose process was killed goes on here; a drain gives it back for another
 * process; a store that is away is asked again.
 */
export class RedriveWorker {
  private readonly logger = new Logger('Redrive');
  private readonly abort = new AbortController();
  private working: Promise<void> | null = null;

  constructor(private readonly parts: RedriveWorkerParts) {}

  /** Begins to look for redrives; returns at once. */
  start(): void {
    this.working ??= this.work();
  }

  /** Takes no more and gives back what runs. Never rejects. */
  async drain(): Promise<void> {
    this.abort.abort(new Error('draining'));
    await this.working;
  }

  private async work(): Promise<void> {
    const { redrives, clock, pollMs } = this.parts;
    const { signal } = this.abort;
    while (!signal.aborted) {
      try {
        const end = await redrives.runNext(signal);
        if (end !== null) continue;
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        this.logger.warn(
          { event: 'redrive.interrupted', error: what },
          `redrives are looked for again later: ${what}`,
        );
      }
      await sleep(clock, pollMs, signal).catch(() => undefined);
    }
  }
}
