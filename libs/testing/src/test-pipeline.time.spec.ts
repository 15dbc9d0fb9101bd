import { Controller, Module } from '@nestjs/common';
import { defineContract } from 'millrace/contracts';
import { retryable } from 'millrace/errors';
import { KafkaModule } from 'millrace/kafka';
import { MongoModule, MongoSink } from 'millrace/mongo';
import { Consumes, PipelineModule } from 'millrace/pipeline';
import { z } from 'zod';
import { FakeClock } from './fake-clock';
import type { TestPipeline } from './test-pipeline';
import { testPipeline } from './test-pipeline';

const Counted = defineContract({
  name: 'lab.count.taken',
  version: 1,
  topic: 'counts',
  key: ({ place }) => place,
  schema: z.strictObject({ place: z.string(), count: z.number() }),
});

@MongoSink(Counted, {
  groupId: 'lab-counts',
  collection: 'counts',
  id: (_event, record) => record.eventId,
  document: (event) => ({ ...event }),
})
class CountSink {}

const tries: number[] = [];

@Controller()
class CountController {
  @Consumes(Counted, { groupId: 'lab-tries' })
  async onCount({ count }: { count: number }): Promise<void> {
    tries.push(count);
    if (count < 0) throw retryable('not yet');
  }
}

@Module({
  imports: [
    PipelineModule.forRoot({ service: 'lab' }),
    KafkaModule.forRoot(),
    MongoModule.forRoot(),
  ],
  controllers: [CountController],
  providers: [CountSink],
})
class LabModule {}

describe('testPipeline with a fake clock', () => {
  let clock: FakeClock;
  let pipeline: TestPipeline;

  beforeEach(async () => {
    tries.length = 0;
    clock = new FakeClock();
    pipeline = await testPipeline(LabModule, { clock });
  });
  afterEach(() => pipeline.close());

  const publish = async (...counts: readonly number[]) => {
    for (const count of counts) await pipeline.publish(Counted, { place: 'here', count });
  };

  /** In one slice: nothing is read while the broker is away. */
  const publishTogether = async (...counts: readonly number[]) => {
    pipeline.faults.brokerDown();
    await publish(...counts);
    pipeline.faults.brokerUp();
  };

  it('[DX-03] [DX-04] lets an outage of hours pass in no time', async () => {
    const realMs = performance.now();
    pipeline.faults.sinkDown(3 * 3_600_000);
    await publish(1, 2, 3);
    await pipeline.settled({ timeoutMs: 4 * 3_600_000 });
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(3 * 3_600_000);
    expect(pipeline.stored(CountSink)).toHaveLength(3);
    expect(pipeline.deadLetters('counts')).toEqual([]);
    expect(performance.now() - realMs).toBeLessThan(20_000);
  });

  it('[DX-03] [F9] a slow sink makes the pipeline wait, and loses nothing', async () => {
    pipeline.faults.slowSinks(2_000);
    await publish(...Array.from({ length: 30 }, (_, index) => index + 1));
    await pipeline.settled({ timeoutMs: 600_000 });
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(2_000);
    expect(pipeline.stored(CountSink)).toHaveLength(30);
    expect(pipeline.deadLetters('counts')).toEqual([]);
  });

  it('[DX-03] [F10] of a write that failed in part the good ones stay, bad ones go aside, others come again', async () => {
    const sink = pipeline.sink(CountSink);
    // Document refused, write conflict, primary stepped down: permanent, retryable, infrastructure.
    sink.failAt({ 0: 121, 2: 112, 4: 189 });
    await publishTogether(1, 2, 3, 4, 5, 6);
    await pipeline.settled({ timeoutMs: 600_000 });
    expect(sink.writes).toBeGreaterThan(1);
    const stored = pipeline.stored(CountSink).map(({ document }) => document['count']);
    expect([...stored].sort()).toEqual([2, 3, 4, 5, 6]);
    const reasons = pipeline
      .deadLetters('counts')
      .map(({ headers }) => String(new Map(headers).get('dead-letter-error-code')));
    expect(reasons).toEqual(['SINK_DOCUMENT_REJECTED']);
  });

  it('[DX-03] [F16] rebalances with records in hand, again and again, lose and repeat nothing', async () => {
    const stop = pipeline.faults.rebalanceEvery(7, { groupId: 'lab-counts', times: 12 });
    const counts = Array.from({ length: 100 }, (_, index) => index + 1);
    for (const count of counts) {
      await publish(count);
      if (count % 10 === 0) await clock.advance(50);
    }
    await pipeline.settled({ timeoutMs: 600_000 });
    stop();
    const stored = pipeline.stored(CountSink).map(({ document }) => Number(document['count']));
    expect([...stored].sort((a, b) => a - b)).toEqual(counts);
    expect(pipeline.broker.group('lab-counts').generation).toBeGreaterThan(3);
  });

  it('[DX-03] [F17] what was sent up to three times is stored once', async () => {
    await publish(1, 2, 3, 4);
    pipeline.faults.duplicate(Counted, 4);
    pipeline.faults.duplicate(Counted, 2);
    await pipeline.settled();
    expect(pipeline.broker.records('counts')).toHaveLength(10);
    expect(pipeline.stored(CountSink)).toHaveLength(4);
  });

  it('waits for backoffs, so that what is given up is in the dead letter topic when it settles', async () => {
    await publish(-1, 5);
    await pipeline.settled();
    expect(tries.filter((count) => count === -1).length).toBeGreaterThan(1);
    expect(tries.at(-1)).toBe(5);
    expect(pipeline.deadLetters('counts')).toHaveLength(1);
  });

  it('[DX-03] survives a broker that goes away, lost sessions, failed commits and repeats', async () => {
    await publish(1, 2);
    pipeline.faults.brokerDown(30_000);
    await publish(3);
    await pipeline.settled();
    pipeline.faults.failNextCommits(2);
    pipeline.faults.loseMember('lab-counts', { noticeAfterMs: 5_000 });
    await publish(4, 5);
    pipeline.faults.duplicate(Counted, 3);
    await pipeline.faults.rebalance();
    await pipeline.settled();
    const counts = pipeline.stored(CountSink).map(({ document }) => document['count']);
    expect(counts).toEqual([1, 2, 3, 4, 5]);
    expect(pipeline.deadLetters('counts')).toEqual([]);
  });

  it('says what it waited for when the time is over', async () => {
    pipeline.faults.sinkDown();
    await publish(1);
    await expect(pipeline.settled({ timeoutMs: 60_000 })).rejects.toThrow(
      /an idle pipeline without lag did not come true/,
    );
  });

  it('closes in the middle of an outage: what has no outcome stays uncommitted', async () => {
    pipeline.faults.sinkDown();
    await publish(1);
    await clock.advance(10_000);
    await pipeline.close();
    const group = pipeline.broker.group('lab-counts');
    const { partition } = pipeline.broker.records('counts')[0] ?? { partition: 0 };
    expect(group.committed({ topic: 'counts', partition })).toBeNull();
    expect(group.memberIds).toEqual([]);
  });
});
