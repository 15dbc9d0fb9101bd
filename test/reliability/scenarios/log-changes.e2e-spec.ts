import { eventually } from 'millrace/testing';
import { MongoClient } from 'mongodb';
import { asOperator } from '../harness/cluster';
import type { Member } from '../harness/member';
import { Scenario, pause } from '../harness/scenario';

const PARTITIONS = 3;
const RECORDS = 600;
const NEW_RECORDS = 30;
const MANY_TRIES = { timeoutMs: 40_000, intervalMs: 250 } as const;

/** A scenario whose records are all stored and whose member has left. */
async function storedAndLeft(name: string): Promise<Scenario> {
  const scenario = await Scenario.open({ name, partitions: PARTITIONS, parts: ['movements'] });
  const [member] = await scenario.addReadyMembers(1);
  await scenario.source.send(RECORDS);
  await scenario.settle(30_000);
  await member?.stop('SIGTERM');
  return scenario;
}

const stopped = (member: Member) =>
  eventually(async () => (await member.metric('pipeline_partition_paused', 'offset_lost')) > 0, {
    ...MANY_TRIES,
    what: 'a partition that waits for a person',
  }).catch((error: Error) => {
    throw new Error(`${error.message}\n${member.tail()}`);
  });

describe('the topic is deleted and made again', () => {
  let scenario: Scenario;
  let before: readonly unknown[];

  beforeAll(async () => {
    scenario = await storedAndLeft('recreated');
    before = await documents(scenario);
    const { topic } = scenario.workload;
    await asOperator(scenario.servers.brokers, async (admin) => {
      await admin.deleteTopics({ topics: [topic] });
      await eventually(async () => !(await admin.listTopics()).includes(topic), MANY_TRIES);
      await admin.createTopics({
        waitForLeaders: true,
        topics: [{ topic, numPartitions: PARTITIONS }],
      });
    });
  }, 120_000);

  afterAll(() => scenario.close(), 60_000);

  it('reads the new log from its beginning, and overwrites nothing of the old one [F18]', async () => {
    await scenario.source.send(NEW_RECORDS);
    const [member] = await scenario.addReadyMembers(1);
    await scenario.settle(30_000);
    const after = await documents(scenario);
    expect(after).toHaveLength(RECORDS + NEW_RECORDS);
    expect(after).toEqual(expect.arrayContaining([...before]));
    expect((await member?.stop('SIGTERM'))?.code).toBe(0);
  }, 90_000);

  it('stops where the commits are of another log, and handles nothing of it [F18]', async () => {
    const { kafka, workload, servers } = scenario;
    // As a restored backup of the offsets does; a broker that deletes a topic deletes its commits too.
    const partitions = [0, 1, 2].map((partition) => ({ partition, offset: String(RECORDS) }));
    const groupId = scenario.groupOf('movements');
    await asOperator(servers.brokers, (admin) =>
      admin.setOffsets({ groupId, topic: workload.topic, partitions }),
    );
    const stored = await documents(scenario);
    await scenario.source.send(NEW_RECORDS);
    const member = await scenario.addMember().whenListening();
    await stopped(member);
    await pause(2_000);
    expect(await member.isReady()).toBe(false);
    expect(await documents(scenario)).toEqual(stored);
    const committed = [...(await kafka.committed(groupId, workload.topic)).values()];
    expect(committed).toEqual(partitions.map(() => BigInt(RECORDS)));
    expect((await member.stop('SIGTERM')).code).toBe(0);
  }, 90_000);
});

describe('retention deletes records that were not read', () => {
  let scenario: Scenario;
  let gap: bigint;

  beforeAll(async () => {
    scenario = await storedAndLeft('retention');
    const { kafka, source, servers, workload } = scenario;
    await source.send(RECORDS);
    const committed = await kafka.committed(scenario.groupOf('movements'), workload.topic);
    const ends = await kafka.ends(workload.topic);
    const cut = [...ends].map(([partition, end]) => ({ partition, offset: end - 5n }));
    gap = cut.reduce((sum, { partition, offset }) => {
      return sum + (offset - (committed.get(partition) ?? 0n));
    }, 0n);
    await asOperator(servers.brokers, async (admin) => {
      // The client must have heard of the topic.
      await admin.fetchTopicOffsets(workload.topic);
      await admin.deleteTopicRecords({
        topic: workload.topic,
        partitions: cut.map((one) => ({ ...one, offset: one.offset.toString() })),
      });
    });
  }, 120_000);

  afterAll(() => scenario.close(), 60_000);

  it('stops, is not ready, and tells the exact gap [F19]', async () => {
    const member = await scenario.addMember().whenListening();
    await stopped(member);
    const counted = () => member.metric('pipeline_offset_gap_records_total');
    await eventually(async () => BigInt(await counted()) === gap, MANY_TRIES);
    await pause(1_500);
    expect(gap).toBeGreaterThan(100n);
    expect(BigInt(await counted())).toBe(gap);
    expect(await member.isReady()).toBe(false);
    expect((await scenario.observe()).stored.filter(Boolean)).toHaveLength(RECORDS);
    expect((await member.stop('SIGTERM')).code).toBe(0);
  }, 90_000);
});

async function documents({ servers, database }: Scenario): Promise<readonly unknown[]> {
  const client = await MongoClient.connect(servers.mongoUri);
  try {
    return await client.db(database).collection('movements').find({}).sort({ _id: 1 }).toArray();
  } finally {
    await client.close();
  }
}
