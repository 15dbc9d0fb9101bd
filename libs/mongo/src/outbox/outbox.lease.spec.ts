import { FakeClock } from 'millrace/testing';
import type { Collection } from 'mongodb';
import { OutboxLease } from './outbox.lease';
import type { LeaseDocument } from './outbox.lease';

const LEASE_MS = 1_000;

/** The one document of the lease, with conditional updates. */
class LeaseScene {
  document: LeaseDocument | null = null;

  leaseOf(owner: string, clock: FakeClock): OutboxLease {
    return new OutboxLease({ collection: () => this.collection, owner, leaseMs: LEASE_MS, clock });
  }

  private get collection(): Collection<LeaseDocument> {
    return {
      findOne: async () => this.document,
      insertOne: async (document: LeaseDocument) => {
        if (this.document !== null) throw Object.assign(new Error('taken'), { code: 11000 });
        this.document = document;
      },
      updateOne: async (filter: object, change: { $set?: object; $inc?: { beat: number } }) => {
        const { document } = this;
        const isSame = Object.entries(filter).every(
          ([field, value]) => document?.[field as keyof LeaseDocument] === value,
        );
        if (document === null || !isSame) return { matchedCount: 0 };
        const beat = document.beat + (change.$inc?.beat ?? 0);
        this.document = { ...document, beat, ...change.$set };
        return { matchedCount: 1 };
      },
    } as unknown as Collection<LeaseDocument>;
  }
}

describe('OutboxLease', () => {
  it('[PRO-05] is held by one process, for as long as that one shows itself', async () => {
    const scene = new LeaseScene();
    const clock = new FakeClock();
    const [first, second] = [scene.leaseOf('a', clock), scene.leaseOf('b', clock)];
    expect(await first.hold()).toBe(true);
    for (let step = 0; step < 20; step += 1) {
      await clock.advance(LEASE_MS / 2);
      expect([await first.hold(), await second.hold()]).toEqual([true, false]);
    }
  });

  it('[PRO-05] is taken over from a silent owner, who knows of the end before the taker', async () => {
    const scene = new LeaseScene();
    const clock = new FakeClock();
    const [first, second] = [scene.leaseOf('a', clock), scene.leaseOf('b', clock)];
    await first.hold();
    await clock.advance(400);
    expect(await second.hold()).toBe(false);
    await clock.advance(LEASE_MS - 1);
    expect([first.isHeld, await second.hold()]).toEqual([false, false]);
    await clock.advance(1);
    expect(await second.hold()).toBe(true);
    expect(scene.document).toMatchObject({ owner: 'b', fence: 2 });
    // Back again it finds that its fence is an old one.
    expect([await first.hold(), await first.hold(), second.isHeld]).toEqual([false, false, true]);
  });

  it('does not compare clocks: an hour between two machines changes nothing', async () => {
    const scene = new LeaseScene();
    const [clock, ahead] = [new FakeClock(), new FakeClock({ startMs: Date.UTC(2024, 0, 1, 1) })];
    const [first, second] = [scene.leaseOf('a', clock), scene.leaseOf('b', ahead)];
    await first.hold();
    expect(await second.hold()).toBe(false);
    await ahead.advance(LEASE_MS / 2);
    expect(await second.hold()).toBe(false);
  });

  it('is free at once when it was given back', async () => {
    const scene = new LeaseScene();
    const clock = new FakeClock();
    const [first, second] = [scene.leaseOf('a', clock), scene.leaseOf('b', clock)];
    await first.hold();
    expect(await second.hold()).toBe(false);
    await first.release();
    expect([first.isHeld, await second.hold()]).toEqual([false, true]);
  });

  it('is taken by one of two who find it silent at the same time', async () => {
    const scene = new LeaseScene();
    const clock = new FakeClock();
    await scene.leaseOf('a', clock).hold();
    const rivals = [scene.leaseOf('b', clock), scene.leaseOf('c', clock)];
    await Promise.all(rivals.map((rival) => rival.hold()));
    await clock.advance(LEASE_MS);
    const won = await Promise.all(rivals.map((rival) => rival.hold()));
    expect(won.filter(Boolean)).toHaveLength(1);
  });
});
