import { Logger } from '@nestjs/common';
import { Lifecycle } from 'millrace/health';
import { FakeClock } from 'millrace/testing';
import { RuntimeScene } from './fakes/runtime.scene';
import type { TopicDescription } from './ports/driver';
import { TopicPartitionsError } from './supervision/supervision.errors';
import { checkPartitions } from './topic.partitions';

const errors: string[] = [];
const waiting: string[] = [];
beforeAll(() =>
  Logger.overrideLogger({
    log: (_: unknown, message?: unknown) => waiting.push(String(message)),
    error: (_: unknown, message?: unknown) => errors.push(String(message)),
    warn: () => undefined,
  }),
);
beforeEach(() => [errors, waiting].forEach((lines) => lines.splice(0)));

function adminOf(partitions: Readonly<Record<string, number>>) {
  const describe = (topic: string): TopicDescription => ({
    topic,
    exists: topic in partitions,
    partitions: partitions[topic] ?? 0,
    replicationFactor: 1,
  });
  return { describeTopics: async (names: readonly string[]) => names.map(describe) };
}

const subscription = (partitions: number) => ({
  topic: 'readings',
  contract: { topicSettings: { partitions } } as never,
  options: { groupId: 'lab' },
});

/** Starts a service whose topics are looked after as the test says; the fifth look is good. */
async function startOf(problem: () => void) {
  const clock = new FakeClock();
  const scene = new RuntimeScene();
  const consumer = scene.read('lab');
  let looks = 0;
  scene.ensure = () => {
    looks += 1;
    if (looks < 5) problem();
  };
  const lifecycle = new Lifecycle({ clock, random: () => 0.5 });
  lifecycle.register(scene.participant);
  lifecycle.onApplicationBootstrap();
  await clock.advance(60_000);
  return { scene, consumer, lifecycle };
}

describe('the start of a pipeline', () => {
  it('[HLT-06] tells what is wrong with a topic once, waits, and goes on by itself', async () => {
    const { scene, consumer, lifecycle } = await startOf(() => {
      throw new TopicPartitionsError({ message: 'too few partitions: readings has 1 and needs 6' });
    });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain('TOPIC_PARTITIONS  too few partitions: readings has 1 and needs 6');
    expect(waiting.filter((line) => /^waiting for topics .* \(attempt \d\)$/.test(line))).toEqual(
      [1, 2, 3, 4].map(
        (attempt) => `waiting for topics and consumer groups on fake:9092 (attempt ${attempt})`,
      ),
    );
    expect([consumer.starts, lifecycle.state, lifecycle.hasFailed]).toEqual([1, 'serving', false]);
    expect(scene.failures).toEqual([]);
  });

  it('[HLT-06] names every topic with too few partitions in one error, with the commands', async () => {
    const admin = adminOf({ readings: 6, prices: 3 });
    const check = checkPartitions(admin, [
      subscription(12),
      { ...subscription(4), topic: 'prices' },
    ]);
    await expect(check).rejects.toMatchObject({
      code: 'TOPIC_PARTITIONS',
      message: 'too few partitions: readings has 6 and needs 12, prices has 3 and needs 4',
      fixHere:
        'kafka-topics --alter --topic readings --partitions 12 && kafka-topics --alter --topic prices --partitions 4',
    });
  });

  it('takes more partitions than declared, and leaves absent topics to others', async () => {
    const rows: Array<Readonly<Record<string, number>>> = [
      { readings: 12, 'readings.dead-letter': 1 },
      { readings: 6 },
      {},
    ];
    for (const topics of rows) {
      const check = checkPartitions(adminOf(topics), [subscription(6)]);
      await expect(check).resolves.toBeUndefined();
    }
  });
});
