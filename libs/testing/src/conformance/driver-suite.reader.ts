import type { FetchedBatch, KafkaDriver, ReaderPort, TopicPartition } from 'millrace/pipeline';
import type { DriverScene } from './driver-scene';
import { numbers, within } from './driver-scene';
import type { DriverFeatures } from './driver-suite';

const QUICK = { maxBytes: 65_536, maxWaitMs: 250 };
const PATIENT = { maxBytes: 65_536, maxWaitMs: 20_000 };

/** Ranges of a log, read without a group. */
export function describeReader(scene: DriverScene, features: DriverFeatures): void {
  describeRanges(scene);
  describeEnds(scene, features);
  describeSameAsConsumers(scene, features);
}

function describeRanges(scene: DriverScene): void {
  it('[D17] a reader reads from any offset on, in order, and as often as it is asked', async () => {
    const driver = await scene.driver();
    const target = { topic: await scene.topic(driver, 2), partition: 1 };
    await scene.fill(driver, target, numbers(0, 300));
    const reader = driver.reader();
    expect(await textsOf(reader, target, 0n, 300n)).toEqual(numbers(0, 300));
    expect(await textsOf(reader, target, 299n, 300n)).toEqual(['299']);
    expect(await textsOf(reader, target, 120n, 300n)).toEqual(numbers(120, 180));
    const [first] = (await reader.read({ ...target, offset: 7n }, QUICK)).records;
    expect(first).toMatchObject({ offset: 7n, key: null, value: Buffer.from('7') });
    expect(first?.headers).toEqual([['suite', Buffer.from('yes')]]);
  });

  it('[D17] a reader joins no group, makes none and commits nothing', async () => {
    const driver = await scene.driver();
    const target = { topic: await scene.topic(driver, 1), partition: 0 };
    await scene.fill(driver, target, numbers(0, 5));
    const groupId = scene.name('group');
    await driver.admin().setCommitted(groupId, [{ ...target, next: 2n }]);
    const before = await driver.admin().listGroups();
    const reader = driver.reader();
    expect(await textsOf(reader, target, 0n, 5n)).toEqual(numbers(0, 5));
    await reader.close({ deadlineMs: 5_000 });
    expect(await driver.admin().listGroups()).toEqual(before);
    expect((await driver.admin().committed(groupId, target.topic)).get(0)).toBe(2n);
  });

  it('[D17] readers do not disturb each other, nor does the end of one the others', async () => {
    const driver = await scene.driver();
    const target = { topic: await scene.topic(driver, 1), partition: 0 };
    await scene.fill(driver, target, numbers(0, 20));
    const [one, two] = [driver.reader(), driver.reader()];
    const both = [textsOf(one, target, 0n, 20n), textsOf(two, target, 10n, 20n)];
    expect(await Promise.all(both)).toEqual([numbers(0, 20), numbers(10, 10)]);
    await one.close({ deadlineMs: 5_000 });
    expect(await textsOf(two, target, 15n, 20n)).toEqual(numbers(15, 5));
    await expect(one.read({ ...target, offset: 0n }, QUICK)).rejects.toMatchObject({
      failure: 'infrastructure',
    });
  });

  it('[D16] [D17] lists topics and groups, sorted and without those of the brokers', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    const groupId = scene.name('group');
    await driver.admin().setCommitted(groupId, [{ topic, partition: 0, next: 0n }]);
    const topics = await driver.admin().listTopics();
    expect(topics).toContain(topic);
    expect(topics.filter((name) => name.startsWith('__'))).toEqual([]);
    expect(topics).toEqual([...topics].sort());
    expect(await driver.admin().listGroups()).toContain(groupId);
  });
}

function describeEnds(scene: DriverScene, { createUnreachable }: DriverFeatures): void {
  it('[D18] a read at the end waits for its time, and ends early when a record comes', async () => {
    const driver = await scene.driver();
    const target = { topic: await scene.topic(driver, 1), partition: 0 };
    await scene.fill(driver, target, numbers(0, 3));
    const reader = driver.reader();
    const nothing = await reader.read({ ...target, offset: 3n }, QUICK);
    expect(nothing).toEqual({
      ...target,
      records: [],
      nextOffset: 3n,
      highWatermark: 3n,
      bytes: 0,
    });
    const waiting = within(15_000, reader.read({ ...target, offset: 3n }, PATIENT));
    await scene.fill(driver, target, ['3']);
    const { records, nextOffset } = await waiting;
    expect([records.map(({ value }) => String(value)), nextOffset]).toEqual([['3'], 4n]);
  });

  it('[D18] a read ends with the reason of its signal, and the reader goes on', async () => {
    const driver = await scene.driver();
    const target = { topic: await scene.topic(driver, 1), partition: 0 };
    const reader = driver.reader();
    await reader.read({ ...target, offset: 0n }, QUICK);
    const given = new AbortController();
    const waiting = reader.read({ ...target, offset: 0n }, { ...PATIENT, signal: given.signal });
    given.abort(new Error('given up'));
    await expect(within(5_000, waiting)).rejects.toThrow('given up');
    const late = reader.read({ ...target, offset: 0n }, { ...QUICK, signal: given.signal });
    await expect(late).rejects.toThrow('given up');
    await scene.fill(driver, target, ['0']);
    // The wait that was given up may go on at the broker: the next read comes behind it.
    expect(await textsOf(reader, target, 0n, 1n)).toEqual(['0']);
  });

  it('[D14] [D18] a topic or partition that is not there is a coded error', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    const reader = driver.reader();
    const coded = { code: expect.any(String) as string, retryable: false };
    for (const absent of [
      { topic, partition: 1 },
      { topic: scene.name('absent'), partition: 0 },
    ]) {
      const read = reader.read({ ...absent, offset: 0n }, QUICK);
      await expect(within(10_000, read)).rejects.toMatchObject(coded);
    }
    const { records } = await reader.read({ topic, partition: 0, offset: 0n }, QUICK);
    expect(records).toEqual([]);
  });

  if (createUnreachable === undefined) return;
  it('[D14] [D18] without a broker a read is a coded error, in bounded time', async () => {
    const reader = scene.keep(createUnreachable()).reader();
    const read = reader.read({ topic: 'nowhere', partition: 0, offset: 0n }, QUICK);
    await expect(within(15_000, read)).rejects.toMatchObject({ failure: 'infrastructure' });
  });
}

function describeSameAsConsumers(scene: DriverScene, features: DriverFeatures): void {
  const { deleteRecords, appendUndecodable, compressions = [] } = features;
  if (deleteRecords !== undefined) {
    it('[D19] a read below the first offset of the log begins at the first', async () => {
      const driver = await scene.driver();
      const target = { topic: await scene.topic(driver, 1), partition: 0 };
      await scene.fill(driver, target, numbers(0, 10));
      await deleteRecords(target.topic, 0, 6n);
      expect(await textsOf(driver.reader(), target, 0n, 10n)).toEqual(numbers(6, 4));
    });
  }

  if (appendUndecodable !== undefined) {
    it('[D19] what cannot be decoded is one record that stands for its range', async () => {
      const driver = await scene.driver();
      const target = { topic: await scene.topic(driver, 1), partition: 0 };
      await scene.fill(driver, target, ['before']);
      await appendUndecodable(target.topic, 0);
      await scene.fill(driver, target, ['behind']);
      const { end } = await rangeOf(driver, target);
      const records = await recordsOf(driver.reader(), target, 0n, end);
      expect(records.map(({ undecodable }) => undecodable !== undefined)).toEqual([
        false,
        true,
        false,
      ]);
      expect(records[1]).toMatchObject({ value: null, undecodable: { first: 1n, next: end - 1n } });
      expect(String(records[2]?.value)).toBe('behind');
    });
  }

  if (compressions.length === 0) return;
  it.each([...compressions])(
    '[D13] [D19] a reader reads what is compressed with %s',
    async (codec) => {
      const driver = await scene.driver();
      const target = { topic: scene.name('topic'), partition: 0 };
      const spec = { topic: target.topic, partitions: 1, replicationFactor: 1 };
      await driver.admin().createTopics([{ ...spec, configs: { 'compression.type': codec } }]);
      const texts = numbers(0, 50).map((text) => text.repeat(100));
      await scene.fill(driver, target, texts);
      expect(await textsOf(driver.reader(), target, 0n, 50n)).toEqual(texts);
    },
  );
}

async function textsOf(
  reader: ReaderPort,
  target: TopicPartition,
  from: bigint,
  to: bigint,
): Promise<readonly string[]> {
  return (await recordsOf(reader, target, from, to)).map(({ value }) => String(value));
}

/** Read by read, as far as the offset. */
async function recordsOf(reader: ReaderPort, target: TopicPartition, from: bigint, to: bigint) {
  const records: Array<FetchedBatch['records'][number]> = [];
  for (let offset = from, reads = 0; offset < to && reads < 500; reads += 1) {
    const batch = await reader.read({ ...target, offset }, { ...QUICK, maxWaitMs: 1_000 });
    records.push(...batch.records);
    offset = batch.nextOffset;
  }
  return records;
}

async function rangeOf(driver: KafkaDriver, { topic, partition }: TopicPartition) {
  const found = (await driver.admin().offsets(topic)).get(partition);
  return found ?? { earliest: 0n, end: 0n };
}
