import type { Clock } from 'millrace/retry';
import type { Collection } from 'mongodb';

/** Who relays. */
export interface LeaseDocument {
  readonly _id: string;
  /** null = given back. */
  readonly owner: string | null;
  /** Rises with every owner. */
  readonly fence: number;
  /** Rises while the owner is alive. */
  readonly beat: number;
}

export interface LeaseParts {
  /** Asked at each call: the client behind it may change. */
  readonly collection: () => Collection<LeaseDocument>;
  /** Unique per process and start. */
  readonly owner: string;
  /** Unit ms. */
  readonly leaseMs: number;
  readonly clock: Clock;
}

const LEASE_ID = 'relay';
const DUPLICATE_KEY = 11000;

/**
 * Lets one process at a time do something, without comparing the clocks of two machines.
 *
 * Promises: nobody takes a lease whose owner has shown itself within `leaseMs` of the taker's own
 * monotonic clock; an owner counts its lease from before the call that renewed it, so it knows of the
 * end first. A process that is frozen in the middle of a call cannot know: see {@link Outbox}.
 */
export class OutboxLease {
  /** null = not held. */
  private fence: number | null = null;
  private renewedAtMs = 0;
  private seen: { readonly fence: number; readonly beat: number; readonly atMs: number } | null =
    null;

  constructor(private readonly parts: LeaseParts) {}

  get isHeld(): boolean {
    return this.leftMs > 0;
  }

  /** How long the lease may be relied on; unit ms. */
  get leftMs(): number {
    const { clock, leaseMs } = this.parts;
    if (this.fence === null) return 0;
    return Math.max(0, this.renewedAtMs + leaseMs - clock.monotonicMs());
  }

  /**
   * Takes or keeps the lease.
   *
   * @returns false while another process has it.
   */
  async hold(): Promise<boolean> {
    const { leaseMs } = this.parts;
    if (this.fence === null) return this.take();
    // Twice within a lease: one lost answer ends nothing.
    if (this.leftMs > (leaseMs * 2) / 3) return true;
    return this.renew();
  }

  /** Gives the lease back, so that another process need not wait for its end. */
  async release(): Promise<void> {
    const { fence } = this;
    this.fence = null;
    if (fence === null) return;
    const { owner } = this.parts;
    await this.collection.updateOne({ _id: LEASE_ID, owner, fence }, { $set: { owner: null } });
  }

  private get collection(): Collection<LeaseDocument> {
    return this.parts.collection();
  }

  private async renew(): Promise<boolean> {
    const { clock, owner } = this.parts;
    const startedMs = clock.monotonicMs();
    const mine = { _id: LEASE_ID, owner, fence: this.fence ?? -1 };
    const { matchedCount } = await this.collection.updateOne(mine, { $inc: { beat: 1 } });
    if (matchedCount === 1) {
      this.renewedAtMs = startedMs;
      return true;
    }
    this.fence = null;
    this.seen = null;
    return false;
  }

  private async take(): Promise<boolean> {
    const { clock, leaseMs } = this.parts;
    const startedMs = clock.monotonicMs();
    const found = await this.collection.findOne({ _id: LEASE_ID });
    if (found === null) return this.begin(startedMs);
    const { fence, beat, owner } = found;
    if (owner !== null && !this.isSilent(fence, beat, startedMs - leaseMs)) {
      if (this.seen?.fence !== fence || this.seen.beat !== beat) {
        this.seen = { fence, beat, atMs: startedMs };
      }
      return false;
    }
    const next = { $set: { owner: this.parts.owner, fence: fence + 1, beat: 0 } };
    const same = { _id: LEASE_ID, owner, fence, beat };
    const { matchedCount } = await this.collection.updateOne(same, next);
    return matchedCount === 1 && this.won(fence + 1, startedMs);
  }

  private isSilent(fence: number, beat: number, sinceMs: number): boolean {
    const { seen } = this;
    return seen !== null && seen.fence === fence && seen.beat === beat && seen.atMs <= sinceMs;
  }

  private async begin(startedMs: number): Promise<boolean> {
    try {
      const { owner } = this.parts;
      await this.collection.insertOne({ _id: LEASE_ID, owner, fence: 1, beat: 0 });
      return this.won(1, startedMs);
    } catch (thrown) {
      if ((thrown as { readonly code?: unknown }).code === DUPLICATE_KEY) return false;
      throw thrown;
    }
  }

  private won(fence: number, startedMs: number): boolean {
    this.fence = fence;
    this.renewedAtMs = startedMs;
    this.seen = null;
    return true;
  }
}
