import { eventually } from '../eventually';
import type { DriverScene, SuiteMember } from './driver-scene';
import { PATIENCE, numbers } from './driver-scene';
import type { DriverFeatures } from './driver-suite';

const PARTITIONS = 4;
const held = (member: SuiteMember) => member.consumer.assignment().partitions.length;

/** Several members: sharing, moving, fencing. */
export function describeGroups(scene: DriverScene, features: DriverFeatures): void {
  it('[CON-05] two members share the partitions, each belongs to one; a leave gives them back', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, PARTITIONS);
    const groupId = scene.name('group');
    const first = await scene.member(driver, groupId, topic);
    expect(held(first)).toBe(PARTITIONS);
    const second = await scene.member(await scene.driver(), groupId, topic);
    await eventually(() => held(first) === 2 && held(second) === 2, PATIENCE);
    const owned = [first, second].flatMap(({ consumer }) =>
      consumer.assignment().partitions.map(({ partition }) => partition),
    );
    expect([...owned].sort()).toEqual([0, 1, 2, 3]);
    await second.consumer.stop({ deadlineMs: 10_000 });
    await eventually(() => held(first) === PARTITIONS, PATIENCE);
  });

  it('[D5] [CON-10] a commit of an old epoch is stale and changes nothing', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, PARTITIONS);
    const groupId = scene.name('group');
    const first = await scene.member(driver, groupId, topic);
    const old = first.consumer.assignment().epoch;
    await scene.member(await scene.driver(), groupId, topic);
    await eventually(() => first.consumer.assignment().epoch > old && held(first) === 2, PATIENCE);
    const next = [{ topic, partition: 0, next: 3n }];
    expect(await first.consumer.commit(next, old)).toBe('stale');
    expect((await driver.admin().committed(groupId, topic)).get(0)).toBeNull();
  });

  it('[D6] the signal of an epoch fires before or when the next one begins', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, PARTITIONS);
    const groupId = scene.name('group');
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      await scene.fill(driver, { topic, partition }, ['x']);
    }
    const first = await scene.member(driver, groupId, topic);
    await eventually(() => first.values().length === PARTITIONS, PATIENCE);
    const { control } = first.seen.batches[0] ?? { control: null };
    expect(control?.signal.aborted).toBe(false);
    await scene.member(await scene.driver(), groupId, topic);
    await eventually(() => first.consumer.assignment().epoch > (control?.epoch ?? 0), PATIENCE);
    expect(control?.signal.aborted).toBe(true);
  });

  it('a partition that was paused flows again after a rebalance, unless it is paused again', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, PARTITIONS);
    const groupId = scene.name('group');
    const first = await scene.member(driver, groupId, topic);
    const all = numbers(0, PARTITIONS).map((text) => ({ topic, partition: Number(text) }));
    first.consumer.pause(all);
    const second = await scene.member(await scene.driver(), groupId, topic);
    await eventually(() => held(first) === 2 && held(second) === 2, PATIENCE);
    for (const { partition } of all) await scene.fill(driver, { topic, partition }, ['x']);
    await eventually(() => first.values().length + second.values().length >= PARTITIONS, PATIENCE);
    expect(first.values().length).toBeGreaterThanOrEqual(2);
  });

  it('work that is in hand when partitions move can be committed in the old epoch first', async () => {
    const driver = await scene.driver();
    if (!driver.capabilities.awaitedRevoke) return;
    const topic = await scene.topic(driver, PARTITIONS);
    const groupId = scene.name('group');
    const first = await scene.member(driver, groupId, topic);
    const answers: string[] = [];
    first.consumer.on('rebalancing', async ({ epoch }) => {
      answers.push(await first.consumer.commit([{ topic, partition: 0, next: 2n }], epoch));
    });
    const second = await scene.member(await scene.driver(), groupId, topic);
    await eventually(() => held(first) === 2 && held(second) === 2, PATIENCE);
    expect(answers[0]).toBe('committed');
    expect((await driver.admin().committed(groupId, topic)).get(0)).toBe(2n);
  });

  const { kill } = features;
  if (kill !== undefined) {
    it('[DEL-01] the partitions of a killed member move, and what it had not committed comes again', async () => {
      const driver = await scene.driver();
      const topic = await scene.topic(driver, 1);
      const groupId = scene.name('group');
      await scene.fill(driver, { topic, partition: 0 }, numbers(0, 5));
      const doomed = await scene.driver();
      const first = await scene.member(doomed, groupId, topic);
      await eventually(() => first.values().length === 5, PATIENCE);
      kill(doomed);
      const second = await scene.member(driver, groupId, topic);
      await eventually(() => second.values().length === 5, { timeoutMs: 60_000 });
      expect(second.values()).toEqual(numbers(0, 5));
    });
  }
}
