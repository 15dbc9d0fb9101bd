import { eventually } from '../eventually';
import type { DriverScene } from './driver-scene';
import { PATIENCE, numbers } from './driver-scene';
import type { DriverFeatures } from './driver-suite';

/** Reading, pausing, seeking and committing with one member. */
export function describeConsumer(scene: DriverScene, features: DriverFeatures): void {
  it('[D2] [D3] hands over each partition in order, one open call at a time', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 2);
    await scene.fill(driver, { topic, partition: 0 }, numbers(0, 300));
    await scene.fill(driver, { topic, partition: 1 }, numbers(1_000, 300));
    const member = await scene.member(driver, scene.name('group'), topic, {
      onBatch: async () => new Promise((resolve) => setImmediate(resolve)),
    });
    await eventually(() => member.values().length >= 600, PATIENCE);
    expect(member.values(0)).toEqual(numbers(0, 300));
    expect(member.values(1)).toEqual(numbers(1_000, 300));
    expect(member.seen.mostOpen).toBe(1);
  });

  it('[D1] [D4] delivers again what was not committed, and nothing that was', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    const groupId = scene.name('group');
    await scene.fill(driver, { topic, partition: 0 }, numbers(0, 10));
    const first = await scene.member(driver, groupId, topic);
    await eventually(() => first.values().length === 10, PATIENCE);
    expect((await driver.admin().committed(groupId, topic)).get(0)).toBeNull();
    const { epoch } = first.consumer.assignment();
    const answer = await first.consumer.commit([{ topic, partition: 0, next: 4n }], epoch);
    expect(answer).toBe('committed');
    expect((await driver.admin().committed(groupId, topic)).get(0)).toBe(4n);
    await first.consumer.stop({ deadlineMs: 10_000 });
    const second = await scene.member(driver, groupId, topic);
    await eventually(() => second.values().length >= 6, PATIENCE);
    expect(second.values()).toEqual(numbers(4, 6));
  });

  it('reads on from where the handler says, and the same again when it takes nothing', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    await scene.fill(driver, { topic, partition: 0 }, numbers(0, 10));
    let calls = 0;
    const member = await scene.member(driver, scene.name('group'), topic, {
      resume: (batch) => {
        calls += 1;
        if (calls === 1) return null;
        return calls === 2 ? (batch.records[0]?.offset ?? 0n) + 5n : batch.nextOffset;
      },
    });
    await eventually(() => calls >= 3 && member.values().at(-1) === '9', PATIENCE);
    const starts = member.seen.batches.map(({ batch }) => batch.records[0]?.offset);
    expect(starts.slice(0, 3)).toEqual([0n, 0n, 5n]);
  });

  it('[D7] a pause holds before the next batch, membership survives it, resume goes on', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 2);
    const member = await scene.member(driver, scene.name('group'), topic);
    const paused = { topic, partition: 0 };
    member.consumer.pause([paused]);
    const { epoch } = member.consumer.assignment();
    await scene.fill(driver, paused, numbers(0, 5));
    await scene.fill(driver, { topic, partition: 1 }, numbers(100, 5));
    await eventually(() => member.values(1).length === 5, PATIENCE);
    expect(member.values(0)).toEqual([]);
    expect(member.consumer.assignment().epoch).toBe(epoch);
    member.consumer.resume([paused]);
    await eventually(() => member.values(0).length === 5, PATIENCE);
    expect(member.values(0)).toEqual(numbers(0, 5));
  });

  it('[D8] a seek moves the position and commits nothing', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    const groupId = scene.name('group');
    await scene.fill(driver, { topic, partition: 0 }, numbers(0, 10));
    const member = await scene.member(driver, groupId, topic);
    await eventually(() => member.values().length === 10, PATIENCE);
    member.consumer.seek({ topic, partition: 0, offset: 7n });
    await eventually(() => member.values().length >= 13, PATIENCE);
    expect(member.values().slice(10)).toEqual(numbers(7, 3));
    expect((await driver.admin().committed(groupId, topic)).get(0)).toBeNull();
  });

  it('begins at the end when a new group asks for the latest', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    await scene.fill(driver, { topic, partition: 0 }, numbers(0, 5));
    const member = await scene.member(driver, scene.name('group'), topic, { startAt: 'latest' });
    // The position is fixed with the first fetch, which a record behind it shows.
    await eventually(async () => {
      await scene.fill(driver, { topic, partition: 0 }, ['new']);
      return member.values().includes('new');
    }, PATIENCE);
    expect(member.values().filter((value) => value !== 'new')).toEqual([]);
  });

  it('begins at the beginning of a topic that is to be read as a whole, also then', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    await scene.fill(driver, { topic, partition: 0 }, numbers(0, 5));
    const options = { startAt: 'latest', wholeTopics: [topic] } as const;
    const member = await scene.member(driver, scene.name('group'), topic, options);
    await eventually(() => member.values().length === 5, PATIENCE);
    expect(member.values()).toEqual(numbers(0, 5));
  });

  it('carries keys, tombstones, headers and timestamps as they were sent', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    const producer = driver.producer({ name: 'suite' });
    const headers = [['a', Buffer.from([0, 255])]] as const;
    await producer.publish(
      [
        { topic, key: Buffer.from('k'), value: null, headers, timestampMs: 1_700_000_000_000 },
        { topic, key: null, value: Buffer.from([1, 0, 255]), headers: [] },
      ],
      { deadlineMs: 30_000 },
    );
    const member = await scene.member(driver, scene.name('group'), topic);
    await eventually(() => member.values().length === 2, PATIENCE);
    const records = member.seen.batches.flatMap(({ batch }) => batch.records);
    expect(records[0]).toMatchObject({ offset: 0n, timestampMs: 1_700_000_000_000, value: null });
    expect(String(records[0]?.key)).toBe('k');
    expect(records[0]?.headers.map(([n, v]) => [n, [...(v ?? [])]])).toEqual([['a', [0, 255]]]);
    expect([...(records[1]?.value ?? [])]).toEqual([1, 0, 255]);
    expect(records[1]?.key).toBeNull();
  });

  const { deleteRecords } = features;
  if (deleteRecords !== undefined) {
    it('[D9] an offset that retention deleted is an event with the exact gap, never a jump', async () => {
      const driver = await scene.driver();
      const topic = await scene.topic(driver, 1);
      const groupId = scene.name('group');
      await scene.fill(driver, { topic, partition: 0 }, numbers(0, 20));
      await driver.admin().setCommitted(groupId, [{ topic, partition: 0, next: 5n }]);
      await deleteRecords(topic, 0, 12n);
      const member = await scene.member(driver, groupId, topic);
      await eventually(() => member.seen.lost.length > 0, PATIENCE);
      expect(member.seen.lost[0]).toMatchObject({ committed: 5n, earliest: 12n, end: 20n });
      expect(member.values()).toEqual([]);
      expect((await driver.admin().committed(groupId, topic)).get(0)).toBe(5n);
      member.consumer.seek({ topic, partition: 0, offset: 12n });
      member.consumer.resume([{ topic, partition: 0 }]);
      await eventually(() => member.values().length === 8, PATIENCE);
      expect(member.values()).toEqual(numbers(12, 8));
    });
  }

  it('[D12] stop ends within its deadline, and nothing is handed over after it', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    const member = await scene.member(driver, scene.name('group'), topic);
    const startedMs = performance.now();
    expect(await member.consumer.stop({ deadlineMs: 10_000 })).toBe('clean');
    expect(performance.now() - startedMs).toBeLessThan(10_500);
    await scene.fill(driver, { topic, partition: 0 }, ['late']);
    const witness = await scene.member(driver, scene.name('group'), topic);
    await eventually(() => witness.values().length === 1, PATIENCE);
    expect(member.values()).toEqual([]);
  });
}
