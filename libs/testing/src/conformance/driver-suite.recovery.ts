import type { KafkaRecord } from 'millrace/pipeline';
import { eventually } from '../eventually';
import { MemoryClosedError } from '../testing.errors';
import type { DriverScene } from './driver-scene';
import { PATIENCE, numbers } from './driver-scene';
import type { DriverFeatures } from './driver-suite';

/** What a driver does about bytes that nobody can read, and about clients that got stuck. */
export function describeRecovery(scene: DriverScene, { appendUndecodable }: DriverFeatures): void {
  if (appendUndecodable !== undefined) {
    it('[D10] what cannot be decoded comes as one record in its place, and reading goes on', async () => {
      const driver = await scene.driver();
      const topic = await scene.topic(driver, 1);
      const target = { topic, partition: 0 };
      await scene.fill(driver, target, numbers(0, 5));
      await appendUndecodable(topic, 0);
      await scene.fill(driver, target, numbers(6, 5));
      const member = await scene.member(driver, scene.name('group'), topic);
      const { epoch } = member.consumer.assignment();
      await eventually(() => member.values().at(-1) === '10', PATIENCE);
      const records = member.seen.batches.flatMap(({ batch }) => batch.records);
      const isRange = ({ undecodable }: KafkaRecord) => undecodable !== undefined;
      const end = BigInt((await driver.admin().offsets(topic)).get(0)?.end ?? 0n);
      const [range, ...more] = records.filter(isRange);
      expect(more).toEqual([]);
      expect(range).toMatchObject({ offset: 5n, key: null, value: null });
      expect(range?.undecodable).toMatchObject({ first: 5n, next: end - 5n });
      expect(range?.undecodable?.error.code).toEqual(expect.any(String));
      const readable = records.filter((record) => !isRange(record));
      expect(readable.map(({ value }) => String(value))).toEqual([
        ...numbers(0, 5),
        ...numbers(6, 5),
      ]);
      expect(records.indexOf(range as KafkaRecord)).toBe(5);
      expect(member.consumer.assignment().epoch).toBe(epoch);
    });
  }

  it('a rebuilt client joins again and reads what was not committed', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    await scene.fill(driver, { topic, partition: 0 }, numbers(0, 10));
    const member = await scene.member(driver, scene.name('group'), topic);
    await eventually(() => member.values().length === 10, PATIENCE);
    const { epoch } = member.consumer.assignment();
    await member.consumer.commit([{ topic, partition: 0, next: 4n }], epoch);
    member.consumer.rebuild(new MemoryClosedError());
    await eventually(() => member.values().length >= 16, PATIENCE);
    expect(member.values().slice(10)).toEqual(numbers(4, 6));
    expect(member.consumer.assignment().epoch).toBeGreaterThan(epoch);
    const stale = await member.consumer.commit([{ topic, partition: 0, next: 9n }], epoch);
    expect(stale).toBe('stale');
  });

  it('[D15] a member whose events nobody hears reads, commits and shares all the same', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 2);
    const groupId = scene.name('group');
    for (const partition of [0, 1]) await scene.fill(driver, { topic, partition }, numbers(0, 5));
    const seen: bigint[][] = [[], []];
    const deaf = driver.consumer({ groupId, topics: [topic] });
    await deaf.start(async ({ partition, records, nextOffset }) => {
      seen[partition]?.push(...records.map(({ offset }) => offset));
      return { resume: nextOffset };
    });
    await eventually(() => seen.every((offsets) => offsets.length === 5), PATIENCE);
    const { epoch } = deaf.assignment();
    const next = [{ topic, partition: 0, next: 5n }];
    expect(await deaf.commit(next, epoch)).toBe('committed');
    const heir = await scene.member(await scene.driver(), groupId, topic);
    const isShared = () =>
      deaf.assignment().partitions.length === 1 &&
      heir.consumer.assignment().partitions.length === 1;
    await eventually(isShared, PATIENCE);
    expect(await deaf.commit(next, epoch)).toBe('stale');
  });
}
