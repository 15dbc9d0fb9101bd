import type { Clock } from 'millrace/retry';

/** How often files are looked at; unit ms. */
export const LOOK_EVERY_MS = 10_000;

/** Looks again and again, each time a while after the look before has ended, until it is stopped. */
export class RegularLook {
  private cancel: (() => void) | null = null;
  private isStopped = false;

  /** @param look - never rejects. */
  constructor(
    private readonly clock: Clock,
    private readonly look: () => Promise<unknown>,
  ) {}

  start(): void {
    if (this.isStopped) return;
    this.cancel = this.clock.setTimer(() => {
      void this.look().finally(() => this.start());
    }, LOOK_EVERY_MS);
  }

  stop(): void {
    this.isStopped = true;
    this.cancel?.();
  }
}
