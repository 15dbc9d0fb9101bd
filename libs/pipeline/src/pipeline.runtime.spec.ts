import { Logger } from '@nestjs/common';
import { StoreAwayError, batchOf } from './fakes/records';
import { RuntimeScene } from './fakes/runtime.scene';

beforeAll(() => Logger.overrideLogger(false));

describe('PipelineRuntime', () => {
  it('[RD1] looks after topics, their dead letter topics and lanes of redrives, then joins every group', async () => {
    const scene = new RuntimeScene();
    scene.read('one');
    scene.read('two');
    await scene.connect();
    expect(scene.topics.map(({ topic, partitions }) => [topic, partitions])).toEqual([
      ['readings', -1],
      ['readings.dead-letter', 6],
      ['readings.retry.0', 6],
    ]);
    expect(scene.topics[1]?.configs).toEqual({ 'max.message.bytes': String(1_048_588 + 16_384) });
    const lane = 'readings.retry.0';
    const read = { topics: ['readings', lane], startAt: 'latest', wholeTopics: [lane] };
    expect(scene.settings).toEqual([
      { groupId: 'one', ...read },
      { groupId: 'two', ...read },
    ]);
  });

  it('tries only what failed again, also while another group is still joining', async () => {
    const scene = new RuntimeScene();
    const [away, slow, quick] = [scene.read('away'), scene.read('slow'), scene.read('quick')];
    let join = (): void => undefined;
    slow.joining = new Promise((resolve) => (join = resolve));
    away.isAway = true;
    await expect(scene.connect()).rejects.toThrow(StoreAwayError);
    away.isAway = false;
    const second = scene.connect();
    await scene.clock.flush();
    join();
    await second;
    expect([away.starts, slow.starts, quick.starts]).toEqual([2, 1, 1]);
  });

  it('is ready while every group holds its assignment, and not for a lost offset', async () => {
    const scene = new RuntimeScene();
    const consumer = scene.read('one');
    await scene.connect();
    expect(scene.ready).toBe('down');
    await consumer.assign(0);
    expect(scene.ready).toBe('up');
    await consumer.emit('rebalancing', { epoch: 1, reason: 'x' });
    await scene.clock.advance(59_999);
    expect(scene.ready).toBe('up');
    await scene.clock.advance(1);
    expect(scene.ready).toBe('down');
    await consumer.assign(0);
    const loss = { topic: 'readings', partition: 0, committed: 1n, earliest: 5n, end: 9n };
    await consumer.emit('offsetLost', loss);
    expect(scene.ready).toBe('down');
  });

  it('reports what is in flight when it is asked', async () => {
    const scene = new RuntimeScene();
    const consumer = scene.read('one');
    await scene.connect();
    await consumer.assign(0);
    await consumer.deliver(batchOf(0, 7));
    const text = await scene.metrics.registry.metrics();
    expect(text).toContain('pipeline_in_flight_records{pipeline="lab"} 7');
    expect(scene.runtime.isSettled).toBe(false);
  });
});
