import { Logger } from '@nestjs/common';
import { Metrics } from 'millrace/metrics';
import { pipelineMetrics } from '../pipeline.metrics';
import { OffsetLost } from './offset-lost';
import type { OffsetLostPolicy } from './offset-lost';

beforeAll(() => Logger.overrideLogger(false));

function sceneOf(policy: OffsetLostPolicy) {
  const metrics = pipelineMetrics(new Metrics());
  const lost = new OffsetLost({ groupId: 'lab', pipeline: 'lab', policy, metrics });
  const react = (committed: number, earliest: number, end: number, partition = 0) =>
    lost.react({
      topic: 'readings',
      partition,
      committed: BigInt(committed),
      earliest: BigInt(earliest),
      end: BigInt(end),
    });
  const gap = async () => (await metrics.gaps.get()).values[0]?.value ?? 0;
  return { react, gap };
}

describe('OffsetLost', () => {
  it('[P2] [F19] stops by default and counts exactly what is gone', async () => {
    const { react, gap } = sceneOf('stop');
    expect(react(10, 250, 300)).toEqual({ kind: 'stop' });
    expect(await gap()).toBe(240);
  });

  it('[P2] [F19] goes on from the earliest', async () => {
    const { react, gap } = sceneOf('continue-earliest');
    expect(react(0, 500, 900)).toEqual({ kind: 'continue', from: 500n });
    expect(await gap()).toBe(500);
  });

  it('[P2] goes on from the end and counts all that it skips', async () => {
    const { react, gap } = sceneOf('continue-latest');
    expect(react(10, 250, 300)).toEqual({ kind: 'continue', from: 300n });
    expect(await gap()).toBe(290);
  });

  it('counts a loss once, and of the next report only what is new', async () => {
    const { react, gap } = sceneOf('stop');
    react(10, 250, 300);
    react(10, 250, 300);
    react(10, 260, 300);
    react(10, 20, 300, 1);
    expect(await gap()).toBe(250 + 10);
  });

  it.each<OffsetLostPolicy>(['stop', 'continue-earliest', 'continue-latest'])(
    '[P2] always stops beyond the end (%s): the topic is another one',
    async (policy) => {
      const { react, gap } = sceneOf(policy);
      expect(react(900, 0, 10)).toEqual({ kind: 'stop' });
      expect(await gap()).toBe(0);
    },
  );
});
