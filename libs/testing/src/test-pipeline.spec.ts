import { Controller, Module } from '@nestjs/common';
import { defineContract } from 'millrace/contracts';
import { permanent } from 'millrace/errors';
import { KafkaModule } from 'millrace/kafka';
import { MongoModule, MongoSink } from 'millrace/mongo';
import { Consumes, PipelineModule } from 'millrace/pipeline';
import { z } from 'zod';
import type { TestPipeline } from './test-pipeline';
import { testPipeline } from './test-pipeline';

interface Sample {
  sensor: string;
  value: number;
  at: number;
}

const SampleTaken = defineContract({
  name: 'lab.sample.taken',
  version: 1,
  topic: 'samples',
  key: (event) => event.sensor,
  schema: z.strictObject({ sensor: z.string(), value: z.number(), at: z.number() }),
});

@MongoSink(SampleTaken, {
  groupId: 'lab-samples',
  collection: 'samples',
  id: (_event, record) => record.eventId,
  document: (event) => ({ ...event }),
})
class SampleSink {}

@MongoSink(SampleTaken, {
  groupId: 'lab-latest',
  collection: 'latest',
  id: (event) => event.sensor,
  version: (event) => event.at,
  document: (event) => ({ value: event.value }),
})
class LatestSink {}

const handled: string[] = [];

@Controller()
class AuditController {
  @Consumes(SampleTaken, { groupId: 'lab-audit' })
  async onSample(sample: Sample): Promise<void> {
    if (sample.value < 0) throw permanent('negative value');
    handled.push(sample.sensor);
  }
}

@Module({
  imports: [
    PipelineModule.forRoot({ service: 'lab' }),
    KafkaModule.forRoot(),
    MongoModule.forRoot(),
  ],
  controllers: [AuditController],
  providers: [SampleSink, LatestSink],
})
class LabModule {}

describe('testPipeline', () => {
  let pipeline: TestPipeline;
  const sample = (over: Partial<Sample> = {}): Sample => ({
    sensor: 's1',
    value: 1,
    at: 1,
    ...over,
  });

  beforeEach(async () => {
    handled.length = 0;
    pipeline = await testPipeline(LabModule);
  });
  afterEach(() => pipeline.close());

  it('[DX-04] settles when every group has handled and committed everything', async () => {
    for (let at = 0; at < 50; at += 1) await pipeline.publish(SampleTaken, sample({ at }));
    await pipeline.settled();
    expect(pipeline.stored(SampleSink)).toHaveLength(50);
    expect(handled).toHaveLength(50);
    expect(pipeline.deadLetters('samples')).toEqual([]);
  });

  it('[DEL-03] keeps the newest version, whatever the order and however often', async () => {
    for (const at of [5, 9, 2]) await pipeline.publish(SampleTaken, sample({ at, value: at }));
    await pipeline.settled();
    pipeline.faults.duplicate('samples', 3);
    await pipeline.settled();
    expect(pipeline.stored(LatestSink).map(({ document }) => document)).toEqual([{ value: 9 }]);
    expect(pipeline.stored(SampleSink)).toHaveLength(3);
  });

  it('puts only the bad record aside, for the group that refuses it', async () => {
    await pipeline.publish(SampleTaken, sample());
    await pipeline.publish(SampleTaken, sample({ value: -1 }));
    pipeline.publishRaw('samples', '{"sensor":');
    await pipeline.settled();
    expect(handled).toEqual(['s1']);
    expect(pipeline.stored(SampleSink)).toHaveLength(2);
    const letters = pipeline
      .deadLetters('samples')
      .map(({ headers }) =>
        Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
      );
    const reasons = letters.map((letter) => letter['dead-letter-reason']).sort();
    expect(reasons).toEqual(['handler-permanent', 'malformed', 'malformed', 'malformed']);
  });

  it('[DX-03] [ERR-09] waits through an outage and a rebalance, and loses nothing', async () => {
    pipeline.sink(SampleSink).sinkDown();
    for (let at = 0; at < 20; at += 1) await pipeline.publish(SampleTaken, sample({ at }));
    await pipeline.faults.rebalance();
    pipeline.sink(SampleSink).sinkUp();
    await pipeline.settled({ timeoutMs: 20_000 });
    expect(pipeline.stored(SampleSink)).toHaveLength(20);
    expect(pipeline.deadLetters('samples')).toEqual([]);
  });
});
