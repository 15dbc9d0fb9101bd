import { Logger } from '@nestjs/common';
import type { SlowConsumer } from './fakes/runtime.scene';
import { StoreAwayError, batchOf } from './fakes/records';
import { RuntimeScene } from './fakes/runtime.scene';
import { OffsetLostError } from './pipeline.errors';
import type { ControlState, ControlStore } from './ports/control-store';
import type { SinkPort } from './ports/sink';

beforeAll(() => Logger.overrideLogger(false));

const BY_ANN = { by: 'ann', reason: 'a test' };
const LOSS = { topic: 'readings', partition: 0, committed: 1n, earliest: 5n, end: 9n };

/** A sink that refuses, waits or writes, as the test says. */
class MoodySink implements SinkPort {
  readonly name = 'store';
  error: Error | null = null;

  async write(records: readonly unknown[]) {
    if (this.error !== null) throw this.error;
    return records.map(() => ({ outcome: 'stored' as const }));
  }

  async probe(): Promise<void> {
    if (this.error !== null) throw this.error;
  }
}

interface Table {
  readonly scene: RuntimeScene;
  readonly consumer: SlowConsumer;
  readonly sink: MoodySink;
}

async function tableOf(): Promise<Table> {
  const scene = new RuntimeScene();
  const sink = new MoodySink();
  scene.registry.registerDependency({
    name: 'store',
    probe: () => sink.probe(),
    owns: ({ code }) => code === 'SINK_AWAY',
  });
  const consumer = scene.read('lab', { kind: 'sink', sink }, {});
  await scene.connect();
  return { scene, consumer, sink };
}

async function assigned(): Promise<Table> {
  const table = await tableOf();
  await table.consumer.assign(0);
  return table;
}

/** Says that group `lab` of this release has stopped itself. */
function stoppedStore(): ControlStore {
  const stop = { groupId: 'lab', serviceVersion: '1.0.0', at: new Date(0), causes: [] };
  const state: ControlState = { pauses: [], stops: [stop] };
  return { read: async () => state } as Partial<ControlStore> as ControlStore;
}

const rebalancing = { epoch: 1, reason: 'a member joined' };
const away = { error: new StoreAwayError(), restartInMs: 1_000 };

describe('readiness of the pipeline', () => {
  it.each<[string, string, () => Promise<Table>]>([
    ['down', 'joining', tableOf],
    ['up', 'assigned', assigned],
    [
      'up',
      'an idle member without partitions',
      async () => {
        const table = await tableOf();
        await table.consumer.assign();
        return table;
      },
    ],
    [
      'up',
      'rebalancing for less than a minute',
      async () => {
        const table = await assigned();
        await table.consumer.emit('rebalancing', rebalancing);
        await table.scene.clock.advance(59_000);
        return table;
      },
    ],
    [
      'down',
      'rebalancing for a minute',
      async () => {
        const table = await assigned();
        await table.consumer.emit('rebalancing', rebalancing);
        await table.scene.clock.advance(60_000);
        return table;
      },
    ],
    [
      'down',
      'crashed',
      async () => {
        const table = await assigned();
        await table.consumer.emit('crashed', away);
        return table;
      },
    ],
    [
      'down',
      'joined again after a crash for want of permission',
      async () => {
        const table = await assigned();
        await table.consumer.emit('crashed', { error: new OffsetLostError(), restartInMs: 1_000 });
        await table.consumer.assign(0);
        return table;
      },
    ],
    [
      'up',
      'behind a gate for a moment',
      async () => {
        const table = await assigned();
        table.sink.error = new StoreAwayError();
        await table.consumer.deliver(batchOf(0, 3));
        await table.scene.clock.advance(4_000);
        return table;
      },
    ],
    [
      'down',
      'behind a gate for more than 5 s',
      async () => {
        const table = await assigned();
        table.sink.error = new StoreAwayError();
        await table.consumer.deliver(batchOf(0, 3));
        await table.scene.clock.advance(6_000);
        return table;
      },
    ],
    [
      'up',
      'paused by an operator',
      async () => {
        const table = await assigned();
        await table.scene.runtime.pause({ groupId: 'lab' }, BY_ANN);
        return table;
      },
    ],
    [
      'down',
      'stopped by itself',
      async () => {
        const scene = new RuntimeScene();
        scene.registry.registerControlStore(stoppedStore());
        const consumer = scene.read('lab');
        await scene.connect();
        await consumer.assign(0);
        return { scene, consumer, sink: new MoodySink() };
      },
    ],
    [
      'down',
      'waiting for a person because its offset is lost',
      async () => {
        const table = await assigned();
        await table.consumer.emit('offsetLost', LOSS);
        return table;
      },
    ],
    [
      'down',
      'stopped',
      async () => {
        const table = await assigned();
        await table.scene.participant.drain?.({ deadlineMs: 1_000 });
        return table;
      },
    ],
  ])('[HLT-01] is %s while a group is %s', async (expected, _, arrange) => {
    const { scene } = await arrange();
    expect(scene.ready).toBe(expected);
    // Whatever the state: a lib never gives the process up for it at once.
    expect(scene.failures).toEqual([]);
  });

  it('[HLT-01] is up again when the cause is gone', async () => {
    const { scene, consumer, sink } = await assigned();
    sink.error = new StoreAwayError();
    await consumer.deliver(batchOf(0, 3));
    await scene.clock.advance(60_000);
    expect(scene.ready).toBe('down');
    sink.error = null;
    await scene.clock.runUntil(() => scene.ready === 'up', 60_000);
    await consumer.emit('crashed', away);
    await consumer.assign(0);
    expect(scene.ready).toBe('up');
  });
});
