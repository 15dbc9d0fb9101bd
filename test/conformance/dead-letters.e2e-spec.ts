import { gzipSync } from 'node:zlib';
import { KafkajsDriver } from 'millrace/kafka';
import { createOperations } from 'millrace/operations';
import type { DeadLetterFilter, Operations } from 'millrace/operations';
import { DEAD_LETTER_HEADERS, deadLetterTopicOf } from 'millrace/pipeline';
import type { Headers, OutgoingRecord } from 'millrace/pipeline';
import { systemClock } from 'millrace/retry';
import { MemoryParkedLetters } from 'millrace/testing';
import { produceRaw, rawBatch } from './raw-kafka';

const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',');
const LETTERS = 6_000;
const PARTITIONS = 6;
const source = `letters-${process.pid}-${Date.now().toString(36)}`;
const topic = deadLetterTopicOf(source);

const headersOf = (index: number): Headers => {
  const texts: Partial<Record<keyof typeof DEAD_LETTER_HEADERS, string>> = {
    reason: index % 3 === 0 ? 'sink-rejected' : 'contract-invalid',
    errorCode: index % 3 === 0 ? 'SINK_DOCUMENT_REJECTED' : 'CONTRACT_INVALID',
    errorMessage: 'price must be above 0',
    originalTopic: source,
    originalPartition: String(index % PARTITIONS),
    originalOffset: String(index),
    consumerGroup: index % 2 === 0 ? 'metals' : 'mail',
    failedAt: new Date(index).toISOString(),
  };
  return Object.entries(texts).map(([name, text]) => [
    DEAD_LETTER_HEADERS[name as keyof typeof texts],
    Buffer.from(text),
  ]);
};

describe('dead letters on a real broker', () => {
  let driver: KafkajsDriver;
  let operations: Operations;

  beforeAll(async () => {
    driver = new KafkajsDriver({ brokers });
    operations = createOperations({
      driver,
      clock: systemClock,
      random: Math.random,
      parked: new MemoryParkedLetters(),
      audit: { append: async () => undefined, list: async () => [] },
    });
    const configs = { 'max.message.bytes': '80000000' };
    const spec = { topic, partitions: PARTITIONS, replicationFactor: 1, configs };
    await driver.admin().createTopics([spec]);
    const letters = Array.from({ length: LETTERS }, (_, index): OutgoingRecord => {
      const value = Buffer.from(`{"price":-${index}}`);
      const place = {
        topic,
        partition: index % PARTITIONS,
        timestampMs: 1_700_000_000_000 + index,
      };
      return { ...place, key: Buffer.from(`key-${index}`), value, headers: headersOf(index) };
    });
    const producer = driver.producer({ name: 'letters' });
    const results = await producer.publish(letters, { deadlineMs: 60_000 });
    expect(results.filter(({ status }) => status !== 'acked')).toEqual([]);
  }, 90_000);

  afterAll(async () => {
    await operations.close({ deadlineMs: 5_000 });
    await driver.close({ deadlineMs: 10_000 });
  });

  const keysOf = async (filter: DeadLetterFilter) => {
    const keys: Array<string | null> = [];
    for await (const { key } of operations.deadLetters.scan({ topic: source, ...filter }))
      keys.push(key);
    return keys;
  };
  const keys = (wanted: (index: number) => boolean) =>
    Array.from({ length: LETTERS }, (_, index) => index)
      .filter(wanted)
      .map((index) => `key-${index}`);

  it('[OPS-02] all of them are listed, in the order in which they were written, without a group', async () => {
    const groups = await driver.admin().listGroups();
    expect(await keysOf({})).toEqual(keys(() => true));
    expect(await operations.deadLetters.topics()).toContain(topic);
    expect(await driver.admin().listGroups()).toEqual(groups);
  });

  it('[OPS-02] they are filtered by what failed, for whom, where and when', async () => {
    const [metals, rejected] = [{ groupId: 'metals' }, { reason: 'sink-rejected' }] as const;
    expect(await keysOf({ ...metals, ...rejected })).toEqual(keys((index) => index % 6 === 0));
    const since = new Date(1_700_000_005_000);
    const until = new Date(1_700_000_005_100);
    expect(await keysOf({ since, until })).toEqual(
      keys((index) => index >= 5_000 && index < 5_100),
    );
    const offsets = { from: 10n, to: 12n };
    expect(await keysOf({ partition: 2, offsets })).toEqual(['key-62', 'key-68']);
    const [group] = await operations.deadLetters.groups({ topic: source, ...metals });
    expect(group).toMatchObject({ errorCode: 'CONTRACT_INVALID', groupId: 'metals', count: 2_000 });
  });

  it('[RD10] one that is parked is not listed any more', async () => {
    const position = { topic, partition: 3, offset: 0n };
    await operations.deadLetters.park([position], { by: 'ops', reason: 'known' });
    expect(await keysOf({ partition: 3, offsets: { to: 2n } })).toEqual(['key-9']);
    expect(await operations.deadLetters.unpark([position], { by: 'ops', reason: 'x' })).toBe(1);
  });

  it('a letter with a value of 64 MB is listed like others, and shown by its beginning', async () => {
    const value = Buffer.alloc(64_000_000, 'x');
    const headers = headersOf(0).map(([name, text]) => [name, String(text)] as const);
    const offset = await produceRaw(
      brokers[0] ?? '',
      topic,
      5,
      rawBatch([{ value, headers }], 1, gzipSync),
    );
    const position = { topic, partition: 5, offset };
    const { letter, value: shown } = await operations.deadLetters.show(position, {
      values: 'as-is',
    });
    expect(letter).toMatchObject({ valueBytes: 64_000_000, reason: 'sink-rejected', problems: [] });
    expect([shown.truncated, shown.text.length]).toEqual([true, 65_536]);
    expect(await keysOf({})).toHaveLength(LETTERS + 1);
  });
});
