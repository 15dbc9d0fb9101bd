import type { Clock } from 'millrace/retry';

const WINDOW_MS = 60_000;
/** Addresses that are remembered; the oldest is forgotten first. */
const MAX_ADDRESSES = 1_000;

interface Failures {
  count: number;
  readonly untilMs: number;
}

/** Counts unknown tokens by address, within a minute and bounded memory. */
export class LoginAttempts {
  private readonly byAddress = new Map<string, Failures>();

  constructor(
    private readonly limit: number,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
  ) {}

  /** How long the address has to wait; 0 = not at all; unit s. */
  waitSeconds(address: string): number {
    const failures = this.current(address);
    if (failures === undefined || failures.count < this.limit) return 0;
    return Math.max(1, Math.ceil((failures.untilMs - this.clock.monotonicMs()) / 1_000));
  }

  failed(address: string): void {
    const failures = this.current(address);
    if (failures !== undefined) {
      failures.count += 1;
      return;
    }
    this.byAddress.delete(address);
    this.byAddress.set(address, { count: 1, untilMs: this.clock.monotonicMs() + WINDOW_MS });
    const [oldest] = this.byAddress.keys();
    if (this.byAddress.size > MAX_ADDRESSES && oldest !== undefined) this.byAddress.delete(oldest);
  }

  private current(address: string): Failures | undefined {
    const failures = this.byAddress.get(address);
    return failures === undefined || failures.untilMs <= this.clock.monotonicMs()
      ? undefined
      : failures;
  }
}
