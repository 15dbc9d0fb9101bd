import { Logger } from '@nestjs/common';
import { FakeClock, MemoryBroker, MemoryDriver } from 'millrace/testing';
import { StoreAwayError, numbers } from '../fakes/records';
import type { FetchedBatch } from '../ports/driver';
import type { Offset, TopicPartition } from '../ports/record';
import type { OffsetStore, StoredPosition } from '../ports/offset-store';
import { StoredPositionConsumer } from './stored-position.consumer';

const GROUP = 'lab-store';
const TOPIC = 'readings';
const RETRY = 'readings.retry.0';

/** Positions in memory; another process is played by `steal`. */
class FakeStore implements OffsetStore {
  readonly next = new Map<number, Offset>();
  claims = 0;
  isAway = false;
  private isStolen = false;
  private listener: () => void = () => undefined;

  async claim(_group: string, targets: readonly TopicPartition[]) {
    if (this.isAway) throw new StoreAwayError();
    this.claims += 1;
    this.isStolen = false;
    return targets.map((target): StoredPosition => {
      return { ...target, next: this.next.get(target.partition) ?? null };
    });
  }

  async advance(
    _group: string,
    positions: ReadonlyArray<TopicPartition & { readonly next: Offset }>,
  ): Promise<'saved' | 'lost'> {
    if (this.isStolen) {
      this.listener();
      return 'lost';
    }
    for (const { partition, next } of positions) this.next.set(partition, next);
    return 'saved';
  }

  onLost(_group: string, listener: () => void): () => void {
    this.listener = listener;
    return () => undefined;
  }

  steal(): void {
    this.isStolen = true;
  }
}

async function sceneOf(stored: Readonly<Record<number, Offset>> = {}) {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock, defaultPartitions: 1 });
  for (const topic of [TOPIC, RETRY]) {
    broker.createTopic({ topic, partitions: 1 });
    for (const n of numbers(10)) {
      broker.append(topic, { key: null, value: Buffer.from(`${n}`), headers: [] });
    }
  }
  const driver = new MemoryDriver({ broker });
  const store = new FakeStore();
  for (const [partition, next] of Object.entries(stored)) store.next.set(Number(partition), next);
  const consumer = new StoredPositionConsumer({
    consumer: driver.consumer({ groupId: GROUP, topics: [TOPIC, RETRY] }),
    ...{ store, groupId: GROUP, topics: new Set([TOPIC]), clock, random: () => 0.5 },
  });
  const taken: Record<string, Offset[]> = { [TOPIC]: [], [RETRY]: [] };
  const take = async ({ topic, records, nextOffset }: FetchedBatch) => {
    taken[topic]?.push(...records.map(({ offset }) => offset));
    return { resume: nextOffset };
  };
  const committed = async () => (await driver.admin().committed(GROUP, TOPIC)).get(0);
  const start = async () => {
    const started = consumer.start(take);
    await clock.advance(100);
    return started;
  };
  return { clock, store, consumer, taken, committed, start, driver };
}

const at = (next: Offset) => [{ topic: TOPIC, partition: 0, next }];
const offsets = (from: number, to = 10) => numbers(10).slice(from, to).map(BigInt);

beforeAll(() => Logger.overrideLogger(false));

describe('StoredPositionConsumer', () => {
  it.each([
    ['beyond the commit', 4n, 0n, 4],
    ['before the commit', 2n, 6n, 2],
    ['at the commit', 5n, 5n, 5],
    ['where nothing is committed', 3n, null, 3],
  ])('[DEL-04] reads from the stored position: %s', async (_, stored, commit, from) => {
    const { driver, start, taken } = await sceneOf({ 0: stored });
    if (commit !== null) await driver.admin().setCommitted(GROUP, at(commit));
    await start();
    expect(taken[TOPIC]).toEqual(offsets(from));
    // Its retry topics keep their commits.
    expect(taken[RETRY]).toEqual(offsets(0));
  });

  it('[DEL-04] a partition with nothing new to fetch goes back to its stored position as well', async () => {
    const { driver, start, taken } = await sceneOf({ 0: 7n });
    await driver.admin().setCommitted(GROUP, at(10n));
    await start();
    expect(taken[TOPIC]).toEqual(offsets(7));
  });

  it('without a stored position the commit of the group counts', async () => {
    const { driver, start, taken } = await sceneOf();
    await driver.admin().setCommitted(GROUP, at(8n));
    await start();
    expect(taken[TOPIC]).toEqual(offsets(8));
  });

  it('[DEL-04] hands nothing over before the partition is claimed, however long that takes', async () => {
    const { clock, store, start, taken } = await sceneOf({ 0: 4n });
    store.isAway = true;
    await start();
    await clock.advance(60_000);
    expect(taken[TOPIC]).toEqual([]);
    store.isAway = false;
    await clock.advance(10_000);
    expect(taken[TOPIC]).toEqual(offsets(4));
  });

  it('[DEL-04] stores a position before it is committed, and commits it as a hint', async () => {
    const { store, consumer, committed, start } = await sceneOf();
    await start();
    const { epoch } = consumer.assignment();
    expect(await consumer.commit(at(6n), epoch)).toBe('committed');
    expect([store.next.get(0), await committed()]).toEqual([6n, 6n]);
    expect(await consumer.commit(at(9n), epoch - 1)).toBe('stale');
    expect(store.next.get(0)).toBe(6n);
  });

  it('[DEL-04] a process whose partition was claimed by another one commits nothing and joins anew', async () => {
    const { clock, store, consumer, committed, start } = await sceneOf({ 0: 2n });
    await start();
    const { epoch } = consumer.assignment();
    store.steal();
    expect(await consumer.commit(at(10n), epoch)).toBe('stale');
    expect([store.next.get(0), await committed()]).toEqual([2n, null]);
    await clock.advance(5_000);
    expect(consumer.assignment().epoch).toBeGreaterThan(epoch);
    expect(store.claims).toBe(2);
  });
});
