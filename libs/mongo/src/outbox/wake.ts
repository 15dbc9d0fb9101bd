import type { Clock } from 'millrace/retry';

/** A wait that can be ended early; a poke while nobody waits ends the next wait. */
export class Wake {
  private isPoked = false;
  private end: (() => void) | null = null;

  constructor(private readonly clock: Pick<Clock, 'setTimer'>) {}

  poke(): void {
    this.isPoked = true;
    this.end?.();
  }

  /** @param waitMs - unit ms. */
  async wait(waitMs: number): Promise<void> {
    if (!this.isPoked) {
      await new Promise<void>((resolve) => {
        const cancel = this.clock.setTimer(resolve, waitMs);
        this.end = () => {
          cancel();
          resolve();
        };
      });
    }
    this.end = null;
    this.isPoked = false;
  }
}
