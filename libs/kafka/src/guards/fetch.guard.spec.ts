import { createRequire } from 'node:module';
import { registerCodecs } from '../codecs/register-codecs';
import { toFetchedBatch } from '../consumer/fetched-batch';
import { encodeBatch } from '../decoder/batch.fixture';
import { aDecoder, encodeAnswer } from '../decoder/fetch-answer.fixture';
import type { FetchDecoder } from '../decoder/fetch.decoder';
import { brokerClass } from '../kafkajs.internals';
import type {
  BrokerInternals,
  ConsumerGroupInternals,
  RequestInternals,
} from '../kafkajs.internals';
import { guardFetch, withDecoder } from './fetch.guard';

const requireHere = createRequire(__filename);
const { lookup } = requireHere('kafkajs/src/protocol/requests') as {
  lookup(versions: object): BrokerInternals['lookupRequest'];
};
const Batch = requireHere('kafkajs/src/consumer/batch') as new (
  topic: string,
  first: string,
  partition: unknown,
) => Parameters<typeof toFetchedBatch>[0] & {
  isEmpty(): boolean;
  isEmptyDueToFiltering(): boolean;
};

/** A consumer of kafkajs on a broker of a given version, which answers each fetch with these batches. */
function open(decoder: FetchDecoder | null, batches: readonly Buffer[], version = 11) {
  const raw = encodeAnswer(version, [{ batches }]);
  const broker = Object.create(brokerClass().prototype, {
    lookupRequest: {
      value: lookup({ 1: { minVersion: 0, maxVersion: version } }),
      writable: true,
    },
    connectionPool: {
      value: {
        send: async ({ response }: RequestInternals) => response.parse(await response.decode(raw)),
      },
    },
  }) as BrokerInternals;
  const group = {
    assigners: [withDecoder({}, decoder)],
    cluster: { findBroker: () => Promise.resolve(broker) },
    // What kafkajs does with the answer, in short.
    async fetch(this: ConsumerGroupInternals, nodeId: string) {
      const found = await this.cluster.findBroker({ nodeId });
      const topics = [
        { topic: 't', partitions: [{ partition: 0, fetchOffset: '0', maxBytes: 1 }] },
      ];
      const { responses } = (await found.fetch({ maxWaitTime: 1, topics })) as {
        responses: Array<{ partitions: unknown[] }>;
      };
      return [new Batch('t', '0', responses[0]?.partitions[0])];
    },
  } as unknown as ConsumerGroupInternals;
  guardFetch(group);
  return async () => (await group.fetch('1'))[0] as InstanceType<typeof Batch>;
}

describe('guardFetch', () => {
  beforeAll(() => registerCodecs());

  const batches = [encodeBatch({ records: [{ value: Buffer.from('a') }, {}] })];

  it.each([4, 5, 6, 7, 8, 9, 10, 11])(
    'decodes the answers of version %d for a consumer of ours [X8]',
    async (version) => {
      const fetch = open(aDecoder(), batches, version);
      for (let again = 0; again < 2; again += 1) {
        const batch = await fetch();
        // kafkajs carries one message, whatever the number of records.
        expect(batch.messages).toHaveLength(1);
        expect(toFetchedBatch(batch)).toMatchObject({
          topic: 't',
          partition: 0,
          nextOffset: 2n,
          bytes: 1,
          records: [{ offset: 0n }, { offset: 1n }],
        });
      }
    },
  );

  it('leaves another consumer, and a switched off guard, to kafkajs [X8]', async () => {
    const batch = await open(null, batches)();
    expect(batch.messages.map(({ offset }) => offset)).toEqual(['0', '1']);
    expect(toFetchedBatch(batch).records).toMatchObject([{ offset: 0n }, { offset: 1n }]);
  });

  it('lets kafkajs step over a fetch that has nothing for a handler [X5]', async () => {
    const control = encodeBatch({
      attributes: 0x20,
      records: [{ key: Buffer.from([0, 0, 0, 1]) }],
    });
    const batch = await open(aDecoder(), [control])();
    expect(batch.isEmpty()).toBe(true);
    expect(batch.isEmptyDueToFiltering()).toBe(true);
    expect(batch.lastOffset()).toBe('0');
  });

  it('hands a range that cannot be decoded to the batch call, and throws nothing [R4]', async () => {
    const hostile = encodeBatch({ records: [{}], attributes: 6 });
    const [record] = toFetchedBatch(await open(aDecoder(), [hostile])()).records;
    expect(record?.undecodable).toMatchObject({ next: 1n, error: { code: 'CODEC_MISSING' } });
    await expect(
      open(null, [encodeBatch({ records: [{}], attributes: 6, recordCount: 9 })])(),
    ).rejects.toThrow();
  });
});
