import type { Lifecycle } from 'millrace/health';
import type { PipelineRegistry } from 'millrace/pipeline';
import { FakeClock } from 'millrace/testing';
import type { MongoOffsetStore } from './mongo.offset-store';
import { OffsetsParticipant } from './offsets.providers';

/** A server that refuses transactions, as a standalone does. */
const refused = Object.assign(new Error('no'), { name: 'MongoServerError', code: 20 });
const connection = {
  ...{ address: '127.0.0.1:27017', connects: true },
  startSession: () => ({ startTransaction: () => undefined, endSession: async () => 0 }),
  collection: () => ({ insertOne: async () => Promise.reject(refused) }),
} as never;

function participantFor(offsets: 'transaction' | undefined): OffsetsParticipant {
  const subscriptions = [{ name: 'Orders', options: { groupId: 'orders', offsets } }];
  return new OffsetsParticipant(
    { close: async () => undefined } as MongoOffsetStore,
    connection,
    new FakeClock(),
    { register: () => undefined } as unknown as Lifecycle,
    { subscriptions } as unknown as PipelineRegistry,
  );
}

describe('OffsetsParticipant', () => {
  it('[DEL-04] refuses a server without transactions at start, naming the sink and the server', async () => {
    await expect(participantFor('transaction').connect()).rejects.toMatchObject({
      code: 'OFFSETS_TRANSACTIONS_MISSING',
      failure: 'fatal',
      where: 'Orders',
      message: expect.stringContaining('127.0.0.1:27017') as string,
    });
  });

  it('asks nothing of the server when no sink stores its position', async () => {
    await expect(participantFor(undefined).connect()).resolves.toBeUndefined();
  });
});
