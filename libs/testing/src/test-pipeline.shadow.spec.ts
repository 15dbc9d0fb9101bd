import { Controller, Logger, Module } from '@nestjs/common';
import { defineContract } from 'millrace/contracts';
import { permanent, retryable } from 'millrace/errors';
import { KafkaModule } from 'millrace/kafka';
import { Metrics } from 'millrace/metrics';
import { MongoModule } from 'millrace/mongo';
import { Consumes, PipelineModule, PipelineRuntime, policy } from 'millrace/pipeline';
import type { RecordContext, Shadow, ShadowEnd, ShadowSpec } from 'millrace/pipeline';
import { z } from 'zod';
import { FakeClock } from './fake-clock';
import { Pace } from './pace';
import type { TestPipeline } from './test-pipeline';
import { testPipeline } from './test-pipeline';

beforeAll(() => Logger.overrideLogger(false));

const Counted = defineContract({
  name: 'lab.count.taken',
  version: 1,
  topic: 'counts',
  key: () => 'one',
  schema: z.strictObject({ count: z.number() }),
});

const lab = {
  handled: [] as Array<{ readonly count: number; readonly atMs: number; readonly group: string }>,
  refuse: (_count: number): Error | null => null,
  clock: new FakeClock(),
};
const counts = () => lab.handled.map(({ count }) => count);
const upTo = (end: number, from = 0) => Array.from({ length: end - from }, (_, at) => from + at);

@Controller()
class CountController {
  @Consumes(Counted, { groupId: 'live', onError: policy().otherwise().retryTopic('10s') })
  async onCount({ count }: { count: number }, { groupId }: RecordContext): Promise<void> {
    const refusal = lab.refuse(count);
    if (refusal !== null) throw refusal;
    lab.handled.push({ count, atMs: lab.clock.now(), group: groupId });
  }
}

@Module({
  imports: [
    PipelineModule.forRoot({ service: 'lab' }),
    KafkaModule.forRoot(),
    MongoModule.forRoot(),
  ],
  controllers: [CountController],
})
class LabModule {}

describe('PipelineRuntime.startShadow', () => {
  let pipeline: TestPipeline;
  let runtime: PipelineRuntime;
  let pace: Pace;

  beforeEach(async () => {
    lab.handled = [];
    lab.refuse = () => null;
    lab.clock = new FakeClock();
    pace = new Pace(lab.clock);
    pipeline = await testPipeline(LabModule, { clock: lab.clock });
    runtime = pipeline.app.get(PipelineRuntime);
  });
  afterEach(() => pipeline.close());

  /** All on one partition. */
  const publish = async (...values: readonly number[]): Promise<number> => {
    let partition = 0;
    for (const count of values) ({ partition } = await pipeline.publish(Counted, { count }));
    await pipeline.settled();
    lab.handled = [];
    return partition;
  };

  const specOf = (
    partition: number,
    from: bigint,
    to: bigint,
    ratePerSecond = 500,
  ): ShadowSpec => ({
    groupId: 'live',
    shadowGroupId: 'live.replay.1',
    topic: 'counts',
    ranges: [{ partition, from, to }],
    ratePerSecond,
  });
  const startShadow = (spec: ShadowSpec): Promise<Shadow> =>
    pace.through(runtime.startShadow(spec));
  const end = (shadow: Shadow): Promise<ShadowEnd> => pace.through(shadow.ended);
  const liveGroup = () => {
    const group = pipeline.broker.group('live');
    const partitions = [0, 1, 2].map((partition) =>
      group.committed({ topic: 'counts', partition }),
    );
    return { generation: group.generation, partitions };
  };

  it('[OPS-01] handles exactly the window, and ends; the live group is not touched', async () => {
    const partition = await publish(...upTo(100));
    const before = liveGroup();
    const shadow = await startShadow(specOf(partition, 20n, 55n));
    expect(await end(shadow)).toEqual({ state: 'done' });
    expect(counts()).toEqual(upTo(55, 20));
    expect(shadow.progress()).toEqual([{ partition, from: 20n, to: 55n, next: 55n }]);
    expect(liveGroup()).toEqual(before);
    expect(pipeline.broker.group('live.replay.1').state).toBe('Empty');
  });

  it('[OPS-01] never handles a record that came after its window, also over a rebalance', async () => {
    const partition = await publish(...upTo(40));
    const shadow = await startShadow(specOf(partition, 0n, 40n, 10));
    for (const count of upTo(60, 40)) await pipeline.publish(Counted, { count });
    await lab.clock.advance(1_000);
    pipeline.broker.group('live.replay.1').rebalance('test');
    expect(await end(shadow)).toEqual({ state: 'done' });
    // The live group handles each new record, once.
    expect(counts().filter((count) => count >= 40)).toEqual(upTo(60, 40));
    expect(new Set(counts())).toEqual(new Set(upTo(60)));
  });

  it('[OPS-01] keeps to its rate', async () => {
    const partition = await publish(...upTo(200));
    const startedMs = lab.clock.now();
    const shadow = await startShadow(specOf(partition, 0n, 200n, 50));
    await end(shadow);
    const seconds = (lab.clock.now() - startedMs) / 1_000;
    expect(seconds).toBeGreaterThan(3.8);
    expect(seconds).toBeLessThan(6);
    for (const { atMs } of lab.handled) {
      const second = lab.handled.filter((one) => one.atMs >= atMs && one.atMs < atMs + 1_000);
      expect(second.length).toBeLessThanOrEqual(50 * 1.05 + 1);
    }
  });

  it('[OPS-01] goes on where it was, after a stop and with the same name', async () => {
    const partition = await publish(...upTo(100));
    const spec = specOf(partition, 0n, 100n, 20);
    const first = await startShadow(spec);
    await lab.clock.advance(2_000);
    await pace.through(first.stop({ deadlineMs: 2_000 }));
    expect(await end(first)).toEqual({ state: 'stopped' });
    const done = lab.handled.length;
    expect(done).toBeGreaterThan(20);
    expect(done).toBeLessThan(90);
    expect(first.progress()[0]?.next).toBe(BigInt(done));
    const second = await startShadow(spec);
    expect(second.progress()[0]?.next).toBe(BigInt(done));
    expect(await end(second)).toEqual({ state: 'done' });
    expect(counts()).toEqual(upTo(100));
  });

  it('ends with its process, and waits no longer than the drain', async () => {
    const partition = await publish(...upTo(100));
    const shadow = await startShadow(specOf(partition, 0n, 100n, 5));
    await pipeline.close();
    expect(await end(shadow)).toEqual({ state: 'stopped' });
    expect(lab.handled.length).toBeLessThan(20);
  });

  it('[OPS-01] writes its dead letters for the live group, and its retries too', async () => {
    const partition = await publish(...upTo(10));
    lab.refuse = (count) =>
      count === 3 ? permanent('never') : count === 5 ? retryable('not now') : null;
    const shadow = await startShadow(specOf(partition, 0n, 10n));
    expect(await end(shadow)).toEqual({ state: 'done' });
    const [letter] = pipeline.deadLetters('counts');
    const headers = Object.fromEntries(
      (letter?.headers ?? []).map(([name, value]) => [name, String(value)]),
    );
    expect(headers).toMatchObject({
      'dead-letter-consumer-group': 'live',
      'dead-letter-pipeline': 'lab',
      'dead-letter-original-offset': '3',
    });
    lab.refuse = () => null;
    await pipeline.settled();
    // By the live group, from its retry topic.
    expect(counts()).toEqual([0, 1, 2, 4, 6, 7, 8, 9, 5]);
  });

  it('is seen by handlers as the live group: their inbox knows what it has dealt with', async () => {
    const partition = await publish(...upTo(3));
    await end(await startShadow(specOf(partition, 0n, 3n)));
    expect(lab.handled.map(({ group }) => group)).toEqual(['live', 'live', 'live']);
  });

  it('[OPS-01] counts apart from the live group, and leaves no state behind', async () => {
    const partition = await publish(...upTo(10));
    await end(await startShadow(specOf(partition, 0n, 10n)));
    const text = await pipeline.app.get(Metrics).registry.metrics();
    const value = (line: string) =>
      text
        .split('\n')
        .find((one) => one.startsWith(line))
        ?.split(' ')
        .at(-1);
    const consumed = 'pipeline_records_consumed_total';
    expect(value(`${consumed}{pipeline="lab",topic="counts",group="live"}`)).toBe('10');
    expect(value(`${consumed}{pipeline="lab.replay",topic="counts",group="live.replay"}`)).toBe(
      '10',
    );
    expect(text).not.toContain('group="live.replay.1"');
    expect(text).not.toMatch(/partition_paused\{pipeline="lab.replay"/);
    expect(text).not.toMatch(/last_progress_timestamp_seconds\{pipeline="lab.replay"/);
    expect(runtime.status.map(({ groupId }) => groupId)).toEqual(['live']);
  });

  it('[OPS-01] fails, and nothing else does, when too many records would be dead letters', async () => {
    const partition = await publish(...upTo(300));
    lab.refuse = (count) => (count < 300 ? permanent('a bug') : null);
    const shadow = await startShadow(specOf(partition, 0n, 300n));
    expect(await end(shadow)).toMatchObject({ state: 'failed', error: { code: 'LINE_STOPPED' } });
    expect(pipeline.deadLetters('counts').length).toBeLessThan(60);
    expect(runtime.status[0]?.lineStopped).toBe(false);
    await pipeline.publish(Counted, { count: 300 });
    await pipeline.settled();
    expect(counts()).toEqual([300]);
  });

  it('passes over what retention deletes meanwhile', async () => {
    const partition = await publish(...upTo(100));
    const shadow = await startShadow(specOf(partition, 0n, 60n, 10));
    await lab.clock.advance(500);
    await pace.through(shadow.stop({ deadlineMs: 1_000 }));
    pipeline.broker.deleteRecords('counts', partition, 50n);
    const again = await startShadow(specOf(partition, 0n, 60n, 10));
    expect(await end(again)).toEqual({ state: 'done' });
    expect(counts().filter((count) => count >= 50)).toEqual(upTo(60, 50));
  });

  it('refuses a group or topic that is not read here, and names what is', async () => {
    await expect(startShadow({ ...specOf(0, 0n, 1n), topic: 'other' })).rejects.toMatchObject({
      code: 'CONTROL_TARGET_INVALID',
      message: expect.stringContaining('counts of "live"') as string,
    });
  });

  it('has nothing to do for a window that is empty', async () => {
    const shadow = await startShadow(specOf(0, 0n, 0n));
    expect(await end(shadow)).toEqual({ state: 'done' });
    expect(shadow.progress()).toEqual([{ partition: 0, from: 0n, to: 0n, next: 0n }]);
  });
});
