import { MillraceError } from 'millrace/errors';
import type { PublishResult } from 'millrace/pipeline';
import { partitionForKey } from '../broker/partitioner';
import { eventually } from '../eventually';
import type { DriverScene } from './driver-scene';
import { PATIENCE, numbers, recordOf } from './driver-scene';

const DEADLINE = { deadlineMs: 30_000 };
const isAcked = (result: PublishResult) => result.status === 'acked';

/** Publishing: results per record, order, partitions, failures. */
export function describeProducer(scene: DriverScene): void {
  it('[D11] answers per record where it is, and it is there', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 3);
    const producer = driver.producer({ name: 'suite' });
    const records = numbers(0, 90).map((text) =>
      recordOf(topic, text, { partition: Number(text) % 3 }),
    );
    const results = await producer.publish(records, DEADLINE);
    expect(results).toHaveLength(90);
    expect(results.every(isAcked)).toBe(true);
    const member = await scene.member(driver, scene.name('group'), topic);
    await eventually(() => member.values().length >= 90, PATIENCE);
    const found = new Map(
      member.seen.batches.flatMap(({ batch }) =>
        batch.records.map(({ offset, value }) => [`${batch.partition}@${offset}`, String(value)]),
      ),
    );
    const told = results.map((result) =>
      result.status === 'acked' ? found.get(`${result.partition}@${result.offset}`) : undefined,
    );
    expect(told).toEqual(numbers(0, 90));
  });

  it('[PRO-02] keeps the order of a key over many single publishes', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 3);
    const producer = driver.producer({ name: 'suite' });
    const sent = numbers(0, 200).map((text) =>
      producer.publish([recordOf(topic, text, { key: 'one' })], DEADLINE),
    );
    const results = (await Promise.all(sent)).flat();
    expect(results.every(isAcked)).toBe(true);
    const member = await scene.member(driver, scene.name('group'), topic);
    await eventually(() => member.values().length >= 200, PATIENCE);
    expect(member.values()).toEqual(numbers(0, 200));
  });

  it('puts keys where the Java client puts them', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 7);
    const keys = ['gold', 'silver', 'platinum', 'palladium', 'copper', '', 'ü', 'a'.repeat(99)];
    const producer = driver.producer({ name: 'suite' });
    const results = await producer.publish(
      keys.map((key) => recordOf(topic, key, { key })),
      DEADLINE,
    );
    const partitions = results.map((result) => (result.status === 'acked' ? result.partition : -1));
    expect(partitions).toEqual(keys.map((key) => partitionForKey(Buffer.from(key), 7)));
  });

  it('[D14] an unknown topic fails its own records only, with a coded error, and is not created', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    const unknown = scene.name('unknown');
    const producer = driver.producer({ name: 'suite' });
    const results = await producer.publish(
      [recordOf(topic, 'a'), recordOf(unknown, 'b'), recordOf(topic, 'c')],
      { deadlineMs: 8_000 },
    );
    expect(results.map(({ status }) => status === 'acked')).toEqual([true, false, true]);
    const [, refused] = results;
    expect(refused !== undefined && 'error' in refused && refused.error).toBeInstanceOf(
      MillraceError,
    );
    const [described] = await driver.admin().describeTopics([unknown]);
    expect(described?.exists).toBe(false);
    const again = await producer.publish([recordOf(topic, 'd')], DEADLINE);
    expect(again.every(isAcked)).toBe(true);
  });

  it('holds nothing after a flush, and refuses after it was closed', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    const producer = driver.producer({ name: 'suite' });
    const sent = producer.publish([recordOf(topic, 'a')], DEADLINE);
    await producer.flush(DEADLINE);
    expect(producer.buffered()).toEqual({ records: 0, bytes: 0 });
    expect((await sent).every(isAcked)).toBe(true);
    await producer.close({ deadlineMs: 5_000 });
    const [refused] = await producer.publish([recordOf(topic, 'b')], { deadlineMs: 2_000 });
    expect(refused?.status).toBe('failed');
  });
}
