import type { ConsumerPort, FetchedBatch } from 'millrace/pipeline';
import { FakeClock } from './fake-clock';
import { MemoryBroker } from './memory-broker';
import { MemoryDriver } from './memory.driver';
import { aRecord } from './record.builders';
import { MemoryUndecodableError } from './testing.errors';

const TOPIC = 'numbers';
const GROUP = 'readers';

interface Reader {
  readonly driver: MemoryDriver;
  readonly consumer: ConsumerPort;
  readonly batches: FetchedBatch[];
  values(): readonly string[];
}

describe('MemoryBroker', () => {
  const clock = new FakeClock();
  let broker: MemoryBroker;

  beforeEach(() => {
    broker = new MemoryBroker({ clock, sessionTimeoutMs: 3_000, rebalanceTimeoutMs: 10_000 });
    broker.createTopic({ topic: TOPIC, partitions: 2 });
  });

  const fill = (partition: number, ...values: readonly string[]) =>
    values.map((value) => broker.append(TOPIC, { ...aRecord({ value }), partition }));

  const read = async (driver = new MemoryDriver({ broker })): Promise<Reader> => {
    const batches: FetchedBatch[] = [];
    const consumer = driver.consumer({ groupId: GROUP, topics: [TOPIC] });
    const start = consumer.start(async (batch) => {
      batches.push(batch);
      return { resume: batch.nextOffset };
    });
    await clock.advance(0);
    await start;
    const values = () => batches.flatMap((batch) => batch.records.map((r) => String(r.value)));
    return { driver, consumer, batches, values };
  };

  const commit = ({ consumer }: Reader, next: bigint, epoch = consumer.assignment().epoch) =>
    consumer.commit([{ topic: TOPIC, partition: 0, next }], epoch);

  const committed = () => broker.group(GROUP).committed({ topic: TOPIC, partition: 0 });

  it('keeps what was appended, whatever happens to the bytes that were handed in', () => {
    const value = Buffer.from('gold');
    broker.append(TOPIC, { key: value, value, headers: [['h', value]], partition: 0 });
    value.fill('x');
    const [record] = broker.records(TOPIC);
    expect([record?.key, record?.value, record?.headers[0]?.[1]].map(String)).toEqual([
      'gold',
      'gold',
      'gold',
    ]);
  });

  it('puts records without a key on the partitions in turn, beginning where its random says', () => {
    const late = new MemoryBroker({ random: () => 0.99 });
    late.createTopic({ topic: 't', partitions: 3 });
    const turns = (on: MemoryBroker) =>
      [1, 2, 3].map(() => on.append('t', { key: null, value: null, headers: [] }).partition);
    const early = new MemoryBroker();
    early.createTopic({ topic: 't', partitions: 3 });
    expect([turns(early), turns(late)]).toEqual([
      [0, 1, 2],
      [2, 0, 1],
    ]);
  });

  it('bounds a batch by bytes and by records; a larger record still comes, alone', async () => {
    fill(0, 'aaaa', 'bbbb', 'c'.repeat(50), 'd', 'e', 'f', 'g');
    const limits = { maxBytesPerPartition: 10, maxRecordsPerBatch: 3 };
    const { batches } = await read(new MemoryDriver({ broker, limits }));
    await clock.advance(0);
    expect(batches.map(({ records }) => records.length)).toEqual([2, 1, 3, 1]);
    expect(batches[0]).toMatchObject({ bytes: 8, nextOffset: 2n, highWatermark: 7n });
  });

  it('gives new partitions to the group that reads the topic', async () => {
    const reader = await read();
    broker.addPartitions(TOPIC, 4);
    await clock.advance(0);
    expect(reader.consumer.assignment().partitions).toHaveLength(4);
  });

  it('gives up a member that does not come back to a rebalance', async () => {
    const stuck = await read(new MemoryDriver({ broker, revokeDrainMs: 60_000 }));
    stuck.consumer.on('rebalancing', () => new Promise(() => undefined));
    const joining = read();
    await clock.advance(9_000);
    expect(broker.group(GROUP).state).toBe('PreparingRebalance');
    await clock.advance(1_000);
    const joined = await joining;
    expect(joined.consumer.assignment().partitions.length).toBeGreaterThan(0);
    expect(broker.group(GROUP).memberIds).not.toContain('memory-0001');
  });

  it('keeps a dead member until its session is over, then its partitions move', async () => {
    const doomed = await read();
    const other = await read();
    doomed.driver.kill();
    await clock.advance(2_999);
    expect(other.consumer.assignment().partitions).toHaveLength(1);
    await clock.advance(1);
    expect(other.consumer.assignment().partitions).toHaveLength(2);
  });

  describe('faults', () => {
    it('[DX-03] rebalance: a new epoch for everybody, resolved when it has begun', async () => {
      const { consumer } = await read();
      const before = consumer.assignment().epoch;
      await broker.faults.rebalance();
      expect(consumer.assignment().epoch).toBe(before + 1);
      expect(consumer.assignment().partitions).toHaveLength(2);
    });

    it('[DX-03] broker down: nothing is read, committed or answered until it is up', async () => {
      const reader = await read();
      broker.faults.brokerDown();
      fill(0, 'a');
      await clock.advance(60_000);
      expect(reader.values()).toEqual([]);
      await expect(commit(reader, 1n)).rejects.toMatchObject({ failure: 'infrastructure' });
      await expect(reader.driver.admin().describeGroup(GROUP)).rejects.toMatchObject({
        code: 'MEMORY_BROKER_DOWN',
      });
      expect(reader.driver.health()).toMatchObject({ connected: false });
      broker.faults.brokerUp();
      await clock.advance(0);
      expect(reader.values()).toEqual(['a']);
      expect(await commit(reader, 1n)).toBe('committed');
    });

    it('[DX-03] broker down for a time: members that wanted to join do so afterwards', async () => {
      broker.faults.brokerDown(5_000);
      const joining = read();
      await clock.advance(4_999);
      expect(broker.group(GROUP).memberIds).toEqual([]);
      await clock.advance(1);
      expect((await joining).consumer.assignment().partitions).toHaveLength(2);
    });

    it('[DX-03] duplicate: the newest records again, in order, byte for byte', () => {
      fill(0, 'a', 'b');
      fill(1, 'c');
      const again = broker.faults.duplicate({ topic: TOPIC }, 2);
      expect(again).toEqual([
        { topic: TOPIC, partition: 0, offset: 2n },
        { topic: TOPIC, partition: 1, offset: 1n },
      ]);
      const values = broker.records(TOPIC).map(({ value }) => String(value));
      expect(values).toEqual(['a', 'b', 'b', 'c', 'c']);
    });

    it('[DX-03] duplicate of more than there is: the next records come twice', () => {
      fill(0, 'a');
      broker.faults.duplicate(TOPIC, 3);
      fill(0, 'b', 'c', 'd');
      const values = broker.records(TOPIC).map(({ value }) => String(value));
      expect(values).toEqual(['a', 'a', 'b', 'b', 'c', 'c', 'd']);
    });

    it('commits that fail have no effect, and the next one has', async () => {
      const reader = await read();
      broker.faults.failNextCommits(2);
      for (const next of [1n, 2n]) {
        await expect(commit(reader, next)).rejects.toMatchObject({ code: 'MEMORY_COMMIT_FAILED' });
      }
      expect(committed()).toBeNull();
      expect(await commit(reader, 3n)).toBe('committed');
      expect(committed()).toBe(3n);
    });

    it('[D5] a member that lost its session unnoticed reads on, and every commit of it is refused', async () => {
      const zombie = await read();
      fill(0, 'a');
      await clock.advance(0);
      const heir = await read();
      broker.faults.loseMember(GROUP, { noticeAfterMs: 5_000 });
      await clock.advance(0);
      expect(heir.consumer.assignment().partitions).toHaveLength(2);
      expect(await commit(heir, 10n)).toBe('committed');
      fill(0, 'b');
      await clock.advance(0);
      expect(await commit(zombie, 1n)).toBe('stale');
      expect(committed()).toBe(10n);
      await clock.advance(5_000);
      expect(zombie.consumer.assignment().partitions).toHaveLength(1);
    });

    it('a member that hears of its lost session gets the reason, and joins as a new one', async () => {
      const reasons: unknown[] = [];
      const driver = new MemoryDriver({ broker });
      const consumer = driver.consumer({ groupId: GROUP, topics: [TOPIC] });
      fill(0, 'a');
      const start = consumer.start(async (batch, { signal }) => {
        signal.addEventListener('abort', () => reasons.push(signal.reason), { once: true });
        return { resume: batch.nextOffset };
      });
      await clock.advance(0);
      await start;
      broker.faults.loseMember(GROUP);
      await clock.advance(0);
      expect(reasons).toEqual(['lost']);
      expect(consumer.assignment()).toMatchObject({ epoch: 2 });
      expect(broker.group(GROUP).memberIds).toEqual(['memory-0002']);
    });

    it('[D10] undecodable: one record stands for the range, in order, and reading goes on behind it', async () => {
      const seen: unknown[] = [];
      const driver = new MemoryDriver({ broker });
      const consumer = driver.consumer({ groupId: GROUP, topics: [TOPIC] });
      broker.faults.undecodable(TOPIC, 0, 1n, 2);
      fill(0, 'a', 'b', 'c', 'd');
      const start = consumer.start(async ({ records, nextOffset }) => {
        for (const { offset, value, undecodable: range } of records) {
          seen.push(
            range === undefined
              ? [offset, String(value)]
              : [offset, value, range.first, range.next, range.records, range.error.code],
          );
        }
        return { resume: nextOffset };
      });
      await clock.advance(60_000);
      await start;
      expect(seen).toEqual([
        [0n, 'a'],
        [1n, null, 1n, 3n, 2, 'MEMORY_UNDECODABLE'],
        [3n, 'd'],
      ]);
    });
  });

  it('a rebuilt member joins as a new one, and gets what it had not committed again', async () => {
    const reader = await read();
    fill(0, 'a', 'b', 'c');
    await clock.advance(0);
    expect(await commit(reader, 1n)).toBe('committed');
    const [before] = broker.group(GROUP).memberIds;
    const { epoch } = reader.consumer.assignment();
    reader.consumer.rebuild(new MemoryUndecodableError());
    await clock.advance(0);
    expect(broker.group(GROUP).memberIds).toHaveLength(1);
    expect(broker.group(GROUP).memberIds).not.toContain(before);
    expect(reader.consumer.assignment().epoch).toBeGreaterThan(epoch);
    expect(reader.values()).toEqual(['a', 'b', 'c', 'b', 'c']);
    expect(await reader.consumer.commit([{ topic: TOPIC, partition: 0, next: 3n }], epoch)).toBe(
      'stale',
    );
  });
});
