import { monitorEventLoopDelay } from 'node:perf_hooks';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { createGzip, gzipSync } from 'node:zlib';
import { KafkajsDriver } from 'millrace/kafka';
import type { ConsumerPort, KafkaRecord } from 'millrace/pipeline';
import { eventually } from 'millrace/testing';
import { damageLog, produceRaw, rawBatch, varint } from './raw-kafka';

const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',');
const [broker = ''] = brokers;
const MIB = 1024 * 1024;
const PATIENCE = { timeoutMs: 25_000 };
const HEADER_BYTES = 61;

let driver: KafkajsDriver;
let topics = 0;

const openDriver = (verifyCrc = false) =>
  new KafkajsDriver({ brokers, consumer: { maxWaitMs: 250, verifyCrc } });

beforeAll(async () => {
  driver = openDriver();
  await driver.connect({ deadlineMs: 10_000 });
});
afterAll(() => driver.close({ deadlineMs: 5_000 }));

const good = (name: string) => rawBatch([{ value: Buffer.from(name) }]);
const empties = (count: number) => Array.from({ length: count }, () => ({}));

/** One record of so many MiB of zeros, compressed piece by piece. */
async function bombOf(mebibytes: number): Promise<Buffer> {
  const value = varint(mebibytes * MIB);
  const length = varint(5 + value.length + mebibytes * MIB);
  const gzip = createGzip();
  const packed = buffer(gzip);
  gzip.write(Buffer.concat([length, Buffer.from([0, 0, 0, 1]), value]));
  const piece = Buffer.alloc(MIB);
  for (let written = 0; written < mebibytes; written += 1) {
    if (!gzip.write(piece)) await once(gzip, 'drain');
  }
  gzip.end(Buffer.from([0]));
  return packed;
}

/** Writes good, hostile and good batches, spoils the log, and reads all of it. */
async function readWith(
  hostile: Buffer,
  options: { damage?: (log: Buffer) => void; verifyCrc?: boolean } = {},
) {
  topics += 1;
  const topic = `hostile-${process.pid}-${Date.now()}-${topics}`;
  const configs = { 'max.message.bytes': String(8 * MIB) };
  await driver.admin().createTopics([{ topic, partitions: 1, replicationFactor: 1, configs }]);
  await eventually(() => produceRaw(broker, topic, 0, good('before')).then(() => true), PATIENCE);
  await produceRaw(broker, topic, 0, hostile);
  await produceRaw(broker, topic, 0, good('after'));
  if (options.damage !== undefined) await damageLog(broker, topic, options.damage);
  const reader = options.verifyCrc === true ? openDriver(true) : driver;
  const consumer = reader.consumer({ groupId: `${topic}-reader`, topics: [topic] });
  try {
    return await watch(consumer);
  } finally {
    await consumer.stop({ deadlineMs: 5_000 });
    if (reader !== driver) await reader.close({ deadlineMs: 5_000 });
  }
}

async function watch(consumer: ConsumerPort) {
  const records: KafkaRecord[] = [];
  const crashes: unknown[] = [];
  let batches = 0;
  consumer.on('crashed', ({ error }) => void crashes.push(error.code));
  const memory = process.memoryUsage.rss();
  let peak = memory;
  const watching = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  await consumer.start(async (batch) => {
    batches += 1;
    records.push(...batch.records);
    return Promise.resolve({ resume: batch.nextOffset });
  });
  await eventually(() => String(records.at(-1)?.value) === 'after', PATIENCE);
  delay.disable();
  clearInterval(watching);
  expect(String(records[0]?.value)).toBe('before');
  expect(crashes).toEqual([]);
  // No spin: each range once, and the group was never joined a second time.
  expect(batches).toBeLessThan(10);
  expect(consumer.assignment().epoch).toBe(1);
  expect(delay.max / 1e6).toBeLessThan(1_000);
  expect((peak - memory) / MIB).toBeLessThan(100);
  return records.slice(1, -1);
}

describe('a hostile batch on a real broker', () => {
  it('of 10,000 headers arrives as a malformed record, and the topic goes on [K3] [S2] [F13]', async () => {
    const headers = Array.from({ length: 10_000 }, (_, i) => [`h${i}`, ''] as const);
    const [record, ...more] = await readWith(rawBatch([{ headers }]));
    expect(more).toEqual([]);
    expect(record).toMatchObject({ offset: 1n, malformed: 'too-many-headers' });
  });

  it('of 200,000 records is one record that stands for them [K2] [R2] [S3] [F13] [Q4]', async () => {
    const records = await readWith(rawBatch(empties(200_000), 1, gzipSync));
    expect(records).toHaveLength(1);
    expect(records[0]?.undecodable).toMatchObject({
      first: 1n,
      next: 200_001n,
      records: 200_000,
      error: { code: 'BATCH_TOO_MANY_RECORDS' },
    });
  });

  it('that would expand to 300 MiB is one record that stands for it [K1] [S1] [F13]', async () => {
    const packed = await bombOf(300);
    const records = await readWith(rawBatch([{}], 1, () => packed));
    expect(records.map(({ undecodable }) => undecodable)).toMatchObject([
      { first: 1n, next: 2n, error: { code: 'CODEC_OUTPUT_TOO_LARGE' } },
    ]);
  });

  it('whose gzip was damaged on a disk is one record that stands for it [R3] [F13]', async () => {
    const hostile = rawBatch([{ value: Buffer.alloc(1_000, 7) }, {}], 1, gzipSync);
    const at = good('before').length + HEADER_BYTES;
    const records = await readWith(hostile, { damage: (log) => log.fill(0x55, at, at + 20) });
    expect(records.map(({ undecodable }) => undecodable)).toMatchObject([
      { first: 1n, next: 3n, records: 2, error: { code: 'CODEC_CORRUPT' } },
    ]);
  });

  it('with a flipped byte is found when checksums are compared [K4] [S4]', async () => {
    const hostile = rawBatch([{ value: Buffer.from('12.50') }]);
    const at = good('before').length + hostile.length - 4;
    const damage = (log: Buffer) => log.fill((log[at] ?? 0) ^ 1, at, at + 1);
    const [unnoticed] = await readWith(hostile, { damage });
    expect(unnoticed?.undecodable).toBeUndefined();
    expect(String(unnoticed?.value)).not.toBe('12.50');
    const [found] = await readWith(hostile, { damage, verifyCrc: true });
    expect(found?.undecodable).toMatchObject({ next: 2n, error: { code: 'BATCH_CHECKSUM' } });
  });
});
