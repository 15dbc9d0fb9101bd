import type { Clock } from 'millrace/retry';
import { sleep } from 'millrace/retry';
import type { ControlStore, GroupReport, PauseTarget, ProcessReport } from '../ports/control-store';
import { REPORT_INTERVAL_MS } from '../ports/control-store';

export interface ReporterParts {
  readonly store: Pick<ControlStore, 'report' | 'withdraw'>;
  /** Who speaks. */
  readonly identity: Pick<ProcessReport, 'process' | 'service' | 'serviceVersion'>;
  readonly groups: () => ReadonlyArray<Omit<GroupReport, 'pauses'>>;
  readonly clock: Clock;
}

/** How long an end waits for the store to forget this process; unit ms. */
const WITHDRAW_MS = 500;

/**
 * Says what this process does, so that operators see what is against what they want.
 *
 * Promises: at once when something has changed since it was asked last, else every
 * {@link REPORT_INTERVAL_MS}; a store that is away is tried again, and nothing waits for it.
 */
export class Reporter {
  private saidMs = Number.NEGATIVE_INFINITY;
  private said = '';
  private saying: Promise<void> | null = null;
  private isEnded = false;

  constructor(private readonly parts: ReporterParts) {}

  /** @param pauses - those that have been applied. */
  report(pauses: readonly PauseTarget[]): void {
    if (this.saying !== null || this.isEnded) return;
    const { clock, identity } = this.parts;
    const groups = this.groups(pauses);
    const digest = digestOf(groups);
    const isDue = clock.monotonicMs() - this.saidMs >= REPORT_INTERVAL_MS;
    if (!isDue && digest === this.said) return;
    this.saying = this.say({ ...identity, at: new Date(clock.now()), groups }, digest).finally(
      () => (this.saying = null),
    );
  }

  /** Ends in order: nobody is to wait until this process counts as gone. Never rejects. */
  async withdraw(): Promise<void> {
    this.isEnded = true;
    const { store, identity, clock } = this.parts;
    const patience = new AbortController();
    const given = sleep(clock, WITHDRAW_MS, patience.signal).catch(() => undefined);
    const gone = Promise.resolve(this.saying)
      .then(() => store.withdraw(identity.process))
      .catch(() => undefined);
    await Promise.race([gone, given]);
    patience.abort();
  }

  private async say(report: ProcessReport, digest: string): Promise<void> {
    try {
      await this.parts.store.report(report);
      this.saidMs = this.parts.clock.monotonicMs();
      this.said = digest;
    } catch {
      // Whoever reads the store says that it is away.
    }
  }

  private groups(pauses: readonly PauseTarget[]): readonly GroupReport[] {
    return this.parts.groups().map((group) => ({
      ...group,
      pauses: pauses.filter(({ groupId }) => groupId === group.groupId),
    }));
  }
}

/** Without what changes all the time. */
function digestOf(groups: readonly GroupReport[]): string {
  return JSON.stringify(groups.map((group) => ({ ...group, inFlightRecords: 0 })));
}
