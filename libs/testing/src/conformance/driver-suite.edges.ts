import { MillraceError } from 'millrace/errors';
import { eventually } from '../eventually';
import type { DriverScene } from './driver-scene';
import { PATIENCE, numbers, recordOf, within } from './driver-scene';
import type { DriverFeatures } from './driver-suite';

/** What a server can do to a client: lose positions, compress, be slow, be away. */
export function describeEdges(scene: DriverScene, features: DriverFeatures): void {
  describeMoves(scene, features);
  describeLosses(scene, features);
  describeCodecs(scene, features);
  describeDeadlines(scene, features);
}

function describeMoves(scene: DriverScene, { sessionTimeoutMs }: DriverFeatures): void {
  it('[D6] [CON-10] partitions do not move before the listeners of a rebalance are done', async () => {
    const driver = await scene.driver();
    if (!driver.capabilities.awaitedRevoke) return;
    const topic = await scene.topic(driver, 2);
    const groupId = scene.name('group');
    const first = await scene.member(driver, groupId, topic);
    const seen: unknown[] = [];
    first.consumer.on('rebalancing', async ({ epoch }) => {
      await eventually(
        async () => (await driver.admin().describeGroup(groupId)).state === 'PreparingRebalance',
        { timeoutMs: 2_500, what: 'a group that waits for its member' },
      );
      seen.push(await first.consumer.commit([{ topic, partition: 1, next: 4n }], epoch));
    });
    const second = await scene.member(await scene.driver(), groupId, topic);
    expect(seen[0]).toBe('committed');
    expect((await driver.admin().committed(groupId, topic)).get(1)).toBe(4n);
    expect(second.consumer.assignment().partitions).toHaveLength(1);
  });

  it('[D5] after a stop every commit is stale and nothing is held', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    const groupId = scene.name('group');
    const member = await scene.member(driver, groupId, topic);
    const { epoch } = member.consumer.assignment();
    expect(await member.consumer.stop({ deadlineMs: 10_000 })).toBe('clean');
    expect(await member.consumer.commit([{ topic, partition: 0, next: 1n }], epoch)).toBe('stale');
    expect(member.consumer.assignment().partitions).toEqual([]);
    expect((await driver.admin().committed(groupId, topic)).get(0)).toBeNull();
  });

  if (sessionTimeoutMs !== undefined) {
    it('[D7] a member with everything paused outlives its session', async () => {
      const driver = await scene.driver();
      const topic = await scene.topic(driver, 1);
      const groupId = scene.name('group');
      const member = await scene.member(driver, groupId, topic);
      const { epoch } = member.consumer.assignment();
      member.consumer.pause([{ topic, partition: 0 }]);
      const pausedAtMs = performance.now();
      await eventually(() => performance.now() - pausedAtMs > sessionTimeoutMs * 1.5, {
        timeoutMs: sessionTimeoutMs * 2,
        intervalMs: 50,
      });
      expect((await driver.admin().describeGroup(groupId)).members).toHaveLength(1);
      const answer = await member.consumer.commit([{ topic, partition: 0, next: 0n }], epoch);
      expect(answer).toBe('committed');
    });
  }

  it('a start whose signal fired rejects, and joins nothing', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    const groupId = scene.name('group');
    const consumer = driver.consumer({ groupId, topics: [topic] });
    const signal = AbortSignal.abort(new Error('given up'));
    const start = consumer.start(async ({ nextOffset }) => ({ resume: nextOffset }), { signal });
    await expect(start).rejects.toBeInstanceOf(Error);
    expect((await driver.admin().describeGroup(groupId)).members).toEqual([]);
  });
}

function describeLosses(scene: DriverScene, { deleteRecords }: DriverFeatures): void {
  it('[D9] a committed offset beyond the end is an event, and nothing is read', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    const groupId = scene.name('group');
    await scene.fill(driver, { topic, partition: 0 }, numbers(0, 5));
    await driver.admin().setCommitted(groupId, [{ topic, partition: 0, next: 99n }]);
    const member = await scene.member(driver, groupId, topic);
    await eventually(() => member.seen.lost.length > 0, PATIENCE);
    expect(member.seen.lost[0]).toMatchObject({ committed: 99n, earliest: 0n, end: 5n });
    expect(member.values()).toEqual([]);
    expect((await driver.admin().committed(groupId, topic)).get(0)).toBe(99n);
  });

  if (deleteRecords !== undefined) {
    it('[D9] records that vanish behind a pause are an event when it ends, never a jump', async () => {
      const driver = await scene.driver();
      const topic = await scene.topic(driver, 1);
      const target = { topic, partition: 0 };
      await scene.fill(driver, target, numbers(0, 5));
      const member = await scene.member(driver, scene.name('group'), topic);
      await eventually(() => member.values().length === 5, PATIENCE);
      member.consumer.pause([target]);
      await scene.fill(driver, target, numbers(5, 10));
      await deleteRecords(topic, 0, 9n);
      member.consumer.resume([target]);
      await eventually(() => member.seen.lost.length > 0, PATIENCE);
      expect(member.seen.lost[0]).toMatchObject({ committed: 5n, earliest: 9n, end: 15n });
      expect(member.values()).toEqual(numbers(0, 5));
    });
  }
}

function describeCodecs(scene: DriverScene, { compressions = [] }: DriverFeatures): void {
  if (compressions.length === 0) return;
  it.each([...compressions])('[D13] reads what the brokers compress with %s', async (codec) => {
    const driver = await scene.driver();
    const topic = scene.name('topic');
    const configs = { 'compression.type': codec };
    const spec = { topic, partitions: 1, replicationFactor: 1, configs };
    await driver.admin().createTopics([spec]);
    const texts = numbers(0, 50).map((text) => text.repeat(100));
    await scene.fill(driver, { topic, partition: 0 }, texts);
    const member = await scene.member(driver, scene.name('group'), topic);
    await eventually(() => member.values().length >= 50, PATIENCE);
    expect(member.values()).toEqual(texts);
  });
}

function describeDeadlines(scene: DriverScene, { createUnreachable }: DriverFeatures): void {
  it('[D12] an answer comes within the deadline, or when the caller gives up', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    const producer = driver.producer({ name: 'suite' });
    const signal = AbortSignal.abort(new Error('given up'));
    const given = { deadlineMs: 30_000, signal };
    const [result] = await within(5_000, producer.publish([recordOf(topic, 'a')], given));
    expect(result?.status).not.toBe('acked');
    expect(result !== undefined && 'error' in result && result.error).toBeInstanceOf(MillraceError);
  });

  it('[D12] a closed driver leaves nothing behind', async () => {
    const before = openSockets();
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    await scene.fill(driver, { topic, partition: 0 }, ['a']);
    const member = await scene.member(driver, scene.name('group'), topic);
    await eventually(() => member.values().length === 1, PATIENCE);
    await driver.close({ deadlineMs: 10_000 });
    await eventually(() => openSockets() <= before, { timeoutMs: 5_000, what: 'no open socket' });
  });

  if (createUnreachable !== undefined) {
    it('[D12] [D14] without a broker every call ends in time, with a coded error', async () => {
      const driver = scene.keep(createUnreachable());
      const connect = within(6_000, driver.connect({ deadlineMs: 1_000 }));
      await expect(connect).rejects.toMatchObject({ failure: 'infrastructure' });
      const producer = driver.producer({ name: 'suite' });
      const publish = producer.publish([recordOf('nowhere', 'a')], { deadlineMs: 1_000 });
      const [result] = await within(6_000, publish);
      expect(result).toMatchObject({ status: 'failed', error: { failure: 'infrastructure' } });
      expect(driver.health()).toEqual({ connected: false, lastSuccessAgeMs: null });
      await within(6_000, driver.close({ deadlineMs: 1_000 }));
    });
  }
}

/** Sockets that keep this process alive. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')).length;
}
