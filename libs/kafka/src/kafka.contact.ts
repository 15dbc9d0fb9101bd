import type { DriverHealth } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';

const STALE_AFTER_MS = 25_000;

/**
 * Remembers whether a broker answered last.
 *
 * Only answers count: connect and disconnect events of the client mislead.
 */
export class BrokerContact {
  private successAtMs: number | null = null;
  private isFailing = false;
  private readonly listeners = new Set<(connected: boolean) => void>();

  constructor(private readonly clock: Clock) {}

  /** A broker answered a request. */
  succeeded(): void {
    this.successAtMs = this.clock.monotonicMs();
    this.change(false);
  }

  /** A request or a connection failed for a reason that is not the request's own. */
  failed(): void {
    this.change(true);
  }

  read(): DriverHealth {
    const lastSuccessAgeMs =
      this.successAtMs === null ? null : this.clock.monotonicMs() - this.successAtMs;
    const connected =
      !this.isFailing && lastSuccessAgeMs !== null && lastSuccessAgeMs <= STALE_AFTER_MS;
    return { connected, lastSuccessAgeMs };
  }

  /**
   * Calls back when contact is lost or found again.
   *
   * @returns a function that removes the listener.
   */
  onChange(listener: (connected: boolean) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private change(isFailing: boolean): void {
    if (this.isFailing === isFailing) return;
    this.isFailing = isFailing;
    if (this.successAtMs === null) return;
    for (const listener of [...this.listeners]) listener(!isFailing);
  }
}
