import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { murmur2, partitionForKey } from './partitioner';

describe('murmur2', () => {
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as the tests of the Java client say', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  it('chooses the partition that kafkajs chooses, for any key and number of partitions', () => {
    const choose = Partitioners.DefaultPartitioner();
    const keys = fc.uint8Array({ maxLength: 64 });
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 50 }), (bytes, count) => {
        const key = Buffer.from(bytes);
        const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
          partitionId,
          leader: 1,
          isr: [1],
          replicas: [1],
          partitionErrorCode: 0,
        }));
        const message = { key, value: null };
        const expected = choose({ topic: 't', partitionMetadata, message });
        expect(partitionForKey(key, count)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });
});
