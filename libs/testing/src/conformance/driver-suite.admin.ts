import { eventually } from '../eventually';
import type { DriverScene } from './driver-scene';
import { PATIENCE, numbers } from './driver-scene';

/** Topics, offsets and groups, while no consumer runs. */
export function describeAdmin(scene: DriverScene): void {
  it('[D16] creates topics once, and describes those that are absent too', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 3);
    await driver.admin().createTopics([{ topic, partitions: 9, replicationFactor: 1 }]);
    await driver.ensureTopics([{ topic, partitions: -1, replicationFactor: -1 }]);
    const absent = scene.name('absent');
    const described = await driver.admin().describeTopics([topic, absent]);
    expect(described).toMatchObject([
      { topic, exists: true, partitions: 3 },
      { topic: absent, exists: false, partitions: 0 },
    ]);
  });

  it('[D16] tells first and next offsets, offsets by time, and commits of nobody', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 2);
    await scene.fill(driver, { topic, partition: 1 }, numbers(0, 7));
    const offsets = await driver.admin().offsets(topic);
    expect(offsets.get(0)).toEqual({ earliest: 0n, end: 0n });
    expect(offsets.get(1)).toEqual({ earliest: 0n, end: 7n });
    const future = await driver.admin().offsetsAt(topic, Date.now() + 3_600_000);
    expect([future.get(0), future.get(1)]).toEqual([0n, 7n]);
    expect((await driver.admin().offsetsAt(topic, 0)).get(1)).toBe(0n);
    const committed = await driver.admin().committed(scene.name('nobody'), topic);
    expect([committed.get(0), committed.get(1)]).toEqual([null, null]);
  });

  it('sets the offsets of an empty group, and refuses while it has members', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    const groupId = scene.name('group');
    await scene.fill(driver, { topic, partition: 0 }, numbers(0, 5));
    const position = [{ topic, partition: 0, next: 3n }];
    await driver.admin().setCommitted(groupId, position);
    expect((await driver.admin().committed(groupId, topic)).get(0)).toBe(3n);
    const member = await scene.member(driver, groupId, topic);
    await eventually(() => member.values().length === 2, PATIENCE);
    const group = await driver.admin().describeGroup(groupId);
    expect([group.state, group.members.length]).toEqual(['Stable', 1]);
    await expect(driver.admin().setCommitted(groupId, position)).rejects.toMatchObject({
      failure: expect.any(String) as string,
    });
  });

  it('[D16] tells which member has which partition, and from where', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 3);
    const groupId = scene.name('group');
    expect(await driver.admin().describeGroup(groupId)).toMatchObject({ members: [] });
    await scene.member(driver, groupId, topic);
    await scene.member(driver, groupId, topic);
    const held = async () => {
      const { members } = await driver.admin().describeGroup(groupId);
      return members.map(({ partitions }) => partitions.length).sort((one, two) => one - two);
    };
    await eventually(async () => (await held()).join() === '1,2', PATIENCE);
    const { members } = await driver.admin().describeGroup(groupId);
    const all = members.flatMap(({ partitions }) => partitions);
    expect(all.map(({ partition }) => partition).sort()).toEqual([0, 1, 2]);
    expect(new Set(all.map((target) => target.topic))).toEqual(new Set([topic]));
    for (const { host, clientId } of members) {
      expect(host).toMatch(/^[^/]+$/);
      expect(clientId).not.toBe('');
    }
  });

  it('[OBS-02] reads the lag of a group while nothing consumes', async () => {
    const driver = await scene.driver();
    const topic = await scene.topic(driver, 1);
    const groupId = scene.name('group');
    await driver.admin().setCommitted(groupId, [{ topic, partition: 0, next: 0n }]);
    await scene.fill(driver, { topic, partition: 0 }, numbers(0, 5));
    driver.watchLag(groupId, [topic]);
    await eventually(() => driver.lagOf(groupId) === 5, PATIENCE);
    expect(driver.health().connected).toBe(true);
  });
}
