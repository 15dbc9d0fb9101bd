import { Controller, Logger, Module } from '@nestjs/common';
import { defineContract } from 'millrace/contracts';
import { retryable } from 'millrace/errors';
import { KafkaModule } from 'millrace/kafka';
import { MongoModule, MongoSink } from 'millrace/mongo';
import { Consumes, ConsumesBatch, PipelineModule, policy } from 'millrace/pipeline';
import type { EventBatch, RecordContext } from 'millrace/pipeline';
import { z } from 'zod';
import { FakeClock } from './fake-clock';
import { testPipeline } from './test-pipeline';
import type { TestPipeline } from './test-pipeline';

beforeAll(() => Logger.overrideLogger(false));

const Weighed = defineContract({
  name: 'lab.weight.taken',
  version: 1,
  topic: 'weights',
  key: () => 'one',
  schema: z.strictObject({ weight: z.number() }),
});

const onError = policy().otherwise().retryTopic('10s', '1m');

interface Try {
  readonly weight: number;
  readonly eventId: string;
  readonly atMs: number;
  readonly attempt: number;
}
const lab = { clock: new FakeClock(), single: [] as Try[], batches: [] as number[][] };
const lateTries: number[] = [];

/** 1 fails once, 2 fails always. */
function failsNow(weight: number, tries: number): boolean {
  return weight === 2 || (weight === 1 && tries === 1);
}

@Controller()
class WeightController {
  @Consumes(Weighed, { groupId: 'single', onError })
  async onWeight({ weight }: { weight: number }, context: RecordContext): Promise<void> {
    const { eventId, attempt } = context;
    lab.single.push({ weight, eventId, attempt, atMs: lab.clock.now() });
    if (failsNow(weight, attempt)) throw retryable('busy');
  }

  @ConsumesBatch(Weighed, { groupId: 'batch', onError, retryTopicScope: 'group' })
  async onWeights(batch: EventBatch<{ weight: number }>) {
    const weights = batch.records.map(({ event }) => event.weight);
    lab.batches.push(weights);
    return weights.map((weight) => {
      lateTries.push(weight);
      const tries = lateTries.filter((other) => other === weight).length;
      return failsNow(weight, tries) ? { error: retryable('busy') } : ('stored' as const);
    });
  }
}

@MongoSink(Weighed, {
  groupId: 'sink',
  collection: 'weights',
  id: (_event, record) => record.eventId,
  document: (event) => ({ ...event }),
  onError,
  retryTopicScope: 'group',
})
class WeightSink {}

@Module({
  imports: [
    PipelineModule.forRoot({ service: 'lab' }),
    KafkaModule.forRoot(),
    MongoModule.forRoot(),
  ],
  controllers: [WeightController],
  providers: [WeightSink],
})
class LabModule {}

describe('retry topics, from end to end', () => {
  let pipeline: TestPipeline;

  beforeEach(async () => {
    lab.clock = new FakeClock();
    lab.single.length = 0;
    lab.batches.length = 0;
    lateTries.length = 0;
    pipeline = await testPipeline(LabModule, { clock: lab.clock });
  });
  afterEach(() => pipeline.close());

  const publishTogether = async (...weights: readonly number[]) => {
    pipeline.faults.brokerDown();
    for (const weight of weights) await pipeline.publish(Weighed, { weight });
    pipeline.faults.brokerUp();
  };
  const texts = (headers: Iterable<readonly [string, Buffer | null]>) =>
    new Map([...headers].map(([name, value]) => [name, value?.toString()]));
  const triesOf = (weight: number) => lab.single.filter((entry) => entry.weight === weight);

  it('[ERR-03] [RT1] makes the retry topics with the partitions of the source', () => {
    const { broker } = pipeline;
    const made = broker.topics.filter((topic) => topic.startsWith('weights.retry.'));
    expect([...made].sort()).toEqual(['weights.retry.0', 'weights.retry.1', 'weights.retry.2']);
    const { partitions } = broker.describeTopic('weights');
    expect(made.map((topic) => broker.describeTopic(topic).partitions)).toEqual(
      made.map(() => partitions),
    );
    expect(broker.topics).toContain('weights.batch.retry.1');
  });

  it('[ERR-03] [RT2] [F15] tries again when it is due, within a second, and the others do not wait', async () => {
    await publishTogether(1, 2, 3);
    await pipeline.settled({ timeoutMs: 600_000 });
    const [first, second] = triesOf(1);
    expect(triesOf(1)).toHaveLength(2);
    const waitedMs = (second?.atMs ?? 0) - (first?.atMs ?? 0);
    expect(waitedMs).toBeGreaterThanOrEqual(10_000);
    expect(waitedMs).toBeLessThanOrEqual(11_000);
    expect(second?.eventId).toBe(first?.eventId);
    // Nobody waits behind a record that took a retry topic.
    expect((triesOf(3)[0]?.atMs ?? 0) - (first?.atMs ?? 0)).toBeLessThan(1_000);
    const late = triesOf(2).map(({ atMs }) => atMs);
    expect(triesOf(2).map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect((late[2] ?? 0) - (late[1] ?? 0)).toBeGreaterThanOrEqual(60_000);
    expect((late[2] ?? 0) - (late[1] ?? 0)).toBeLessThanOrEqual(61_000);
  });

  it('[ERR-03] ends in the dead letter topic of the source, with the tries of all stages', async () => {
    await publishTogether(2);
    await pipeline.settled({ timeoutMs: 600_000 });
    const letters = pipeline
      .deadLetters('weights')
      .map(({ headers }) => texts(headers))
      .filter((headers) => headers.get('dead-letter-consumer-group') === 'single');
    expect(letters).toHaveLength(1);
    expect(Object.fromEntries(letters[0] ?? [])).toMatchObject({
      'dead-letter-reason': 'attempts-exhausted',
      'dead-letter-attempts': '3',
      'dead-letter-original-topic': 'weights',
    });
    expect(letters[0]?.has('retry-due-at')).toBe(false);
  });

  it('[ERR-04] [RT6] [CON-04] does the same with a batch handler: its retried records come as their own batch', async () => {
    await publishTogether(1, 2, 3);
    await pipeline.settled({ timeoutMs: 600_000 });
    expect(lab.batches).toEqual([[1, 2, 3], [1, 2], [2]]);
    const groups = pipeline
      .deadLetters('weights')
      .map(({ headers }) => texts(headers).get('dead-letter-consumer-group'));
    expect(groups.filter((group) => group === 'batch')).toHaveLength(1);
  });

  it('[ERR-04] does the same with a sink: what it could not write comes later, the rest is stored', async () => {
    // Write conflict: this record may succeed later.
    pipeline.sink(WeightSink).failAt({ 1: 112 });
    await publishTogether(4, 5, 6);
    await lab.clock.advance(5_000);
    const weights = () => pipeline.stored(WeightSink).map(({ document }) => document['weight']);
    expect([...weights()].sort()).toEqual([4, 6]);
    await pipeline.settled({ timeoutMs: 600_000 });
    expect([...weights()].sort()).toEqual([4, 5, 6]);
    expect(pipeline.deadLetters('weights')).toEqual([]);
  });

  it('[ERR-03] does not trust headers of a foreign producer on the source topic', async () => {
    pipeline.publishRaw('weights', '{"weight":2}', {
      'dead-letter-original-topic': 'elsewhere',
      'dead-letter-attempts': '40',
      'dead-letter-event-id': 'forged',
      'dead-letter-consumer-group': 'nobody',
    });
    await pipeline.settled({ timeoutMs: 600_000 });
    expect(triesOf(2).map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(triesOf(2).map(({ eventId }) => eventId)).size).toBe(1);
    expect(triesOf(2)[0]?.eventId).toMatch(/^weights@1:\d:0$/);
    const letters = pipeline.deadLetters('weights').map(({ headers }) => texts(headers));
    expect(letters.map((headers) => headers.get('dead-letter-original-topic'))).toEqual(
      letters.map(() => 'weights'),
    );
    expect(letters[0]?.get('dead-letter-event-id')).not.toBe('forged');
  });

  it('puts what nobody of ours wrote to a retry topic into the dead letter topic of the source', async () => {
    pipeline.publishRaw('weights.retry.1', '{"weight":3}');
    await pipeline.settled();
    expect(triesOf(3)).toEqual([]);
    expect(pipeline.deadLetters('weights')).toHaveLength(1);
  });

  it('[ERR-03] is drained at once while records wait for their time; they come again later', async () => {
    await publishTogether(2);
    await lab.clock.advance(2_000);
    const beforeMs = lab.clock.monotonicMs();
    await pipeline.close();
    expect(lab.clock.monotonicMs() - beforeMs).toBeLessThan(2_000);
    const [waiting] = pipeline.broker.records('weights.retry.1');
    expect(waiting).toBeDefined();
    const { partition } = waiting ?? { partition: 0 };
    const group = pipeline.broker.group('single');
    expect(group.committed({ topic: 'weights.retry.1', partition })).toBeNull();
  });
});
