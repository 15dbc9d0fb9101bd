import { Partitioners } from 'kafkajs';
import type { Message } from 'kafkajs';
import { murmur2 } from './murmur2';
import { rememberingPartitioner } from './partitioner';

const partitions = (count: number, withoutLeader: readonly number[] = []) =>
  Array.from({ length: count }, (_, partitionId) => ({
    partitionId,
    leader: withoutLeader.includes(partitionId) ? -1 : 1,
    partitionErrorCode: 0,
    replicas: [],
    isr: [],
  }));

describe('murmur2', () => {
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ])('hashes %s as the Java client does', (text, expected) => {
    expect(murmur2(Buffer.from(text))).toBe(expected);
  });
});

describe('rememberingPartitioner', () => {
  const message = (key: Buffer | null): Message => ({ key, value: Buffer.from('v') });

  it('agrees with kafkajs on the partition of every key', () => {
    const ours = rememberingPartitioner(() => 0.5)();
    const theirs = Partitioners.DefaultPartitioner();
    for (let length = 0; length < 200; length += 1) {
      const key = Buffer.from(Array.from({ length }, (_, index) => (index * 31 + length) % 256));
      const partitionMetadata = partitions(7);
      const expected = theirs({ topic: 't', partitionMetadata, message: message(key) });
      expect(ours({ topic: 't', partitionMetadata, message: message(key) })).toBe(expected);
    }
  });

  it('spreads records without a key evenly, and leaves out partitions without a leader', () => {
    const choose = rememberingPartitioner(() => 0.5)();
    const counts = new Map<number, number>();
    for (let index = 0; index < 300; index += 1) {
      const chosen = choose({
        topic: 't',
        partitionMetadata: partitions(4, [2]),
        message: message(null),
      });
      counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([0, 1, 3]);
    expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(75);
  });

  it('keeps its choice when it is asked again', () => {
    const choose = rememberingPartitioner(() => 0)();
    const asked = message(null);
    const first = choose({ topic: 't', partitionMetadata: partitions(5), message: asked });
    const second = choose({ topic: 't', partitionMetadata: partitions(5), message: asked });
    expect(second).toBe(first);
    expect(asked.partition).toBe(first);
  });

  it('obeys a partition that is given', () => {
    const choose = rememberingPartitioner(() => 0)();
    const given = { ...message(Buffer.from('k')), partition: 3 };
    expect(choose({ topic: 't', partitionMetadata: partitions(5), message: given })).toBe(3);
  });
});
