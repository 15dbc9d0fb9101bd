import type { AdminPort } from 'millrace/pipeline';
import { LagReader } from './group.lag';

const member = (memberId: string, ...partitions: number[]) => ({
  memberId,
  clientId: `client-${memberId}`,
  host: `10.0.0.${memberId}`,
  partitions: partitions.map((partition) => ({ topic: 'prices', partition })),
});

const admin: Pick<AdminPort, 'describeGroup' | 'describeTopics' | 'committed' | 'offsets'> = {
  describeGroup: async () => ({ state: 'Stable', members: [member('1', 0), member('2', 2, 1)] }),
  describeTopics: async (names) =>
    names.map((topic) => ({
      topic,
      exists: topic === 'prices',
      partitions: topic === 'prices' ? 4 : 0,
      replicationFactor: 1,
    })),
  committed: async () =>
    new Map<number, bigint | null>([
      [0, 5n],
      [1, null],
      [2, 9n],
      [3, 12n],
    ]),
  offsets: async () =>
    new Map([3, 2, 1, 0].map((partition) => [partition, { earliest: 2n, end: 9n }])),
};

describe('LagReader', () => {
  const asked: unknown[] = [];
  const times = {
    at: async (positions: readonly unknown[]) => {
      asked.push(...positions);
      return [60_000, null];
    },
  };
  const read = () =>
    new LagReader({
      admin,
      times,
      clock: { now: () => 90_000, monotonicMs: () => 0, setTimer: () => () => undefined },
    }).lagOf('metals', ['prices', 'gone']);

  it('[OPS-03] names the member that has each partition, and nobody for the others', async () => {
    const { partitions } = await read();
    expect(partitions.map(({ partition, owner }) => [partition, owner?.host ?? null])).toEqual([
      [0, '10.0.0.1'],
      [1, '10.0.0.2'],
      [2, '10.0.0.2'],
      [3, null],
    ]);
    expect(partitions[0]?.owner).toEqual({
      memberId: '1',
      clientId: 'client-1',
      host: '10.0.0.1',
    });
  });

  it('dates only what is behind, by the first record that is still there', async () => {
    asked.length = 0;
    const { lag, lagSeconds, partitions } = await read();
    expect(partitions.map((one) => [one.lag, one.lagSeconds])).toEqual([
      [4, 30],
      [7, null],
      [0, 0],
      [0, 0],
    ]);
    expect([lag, lagSeconds]).toEqual([11, 30]);
    expect(asked).toEqual([
      { topic: 'prices', partition: 0, offset: 5n },
      { topic: 'prices', partition: 1, offset: 2n },
    ]);
  });
});
