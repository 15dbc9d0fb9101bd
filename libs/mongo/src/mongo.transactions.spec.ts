import { FakeClock } from 'millrace/testing';
import { hasTransactions } from './mongo.transactions';
import type { TransactionConnection } from './mongo.transactions';

interface Server {
  /** Thrown by the first write of the transaction. */
  readonly refusal?: object;
  /** Writes of transactions are seen and kept, as without one. */
  readonly ignoresSessions?: boolean;
}

function connectionTo({ refusal, ignoresSessions = false }: Server) {
  const stored = new Set<string>();
  const open = new Set<string>();
  const session = {
    startTransaction: () => undefined,
    abortTransaction: async () => open.clear(),
    endSession: async () => undefined,
  };
  const collection = {
    insertOne: async ({ _id }: { readonly _id: string }) => {
      if (refusal !== undefined) throw Object.assign(new Error('refused'), refusal);
      (ignoresSessions ? stored : open).add(_id);
    },
    findOne: async ({ _id }: { readonly _id: string }, options?: { session?: unknown }) =>
      stored.has(_id) || (options?.session !== undefined && open.has(_id)) ? { _id } : null,
    deleteOne: async ({ _id }: { readonly _id: string }) => ({
      deletedCount: stored.delete(_id) ? 1 : 0,
    }),
  };
  const connection = { startSession: () => session, collection: () => collection };
  return { connection: connection as unknown as TransactionConnection, stored };
}

const tried = ({ connection }: ReturnType<typeof connectionTo>) =>
  hasTransactions(connection, 'trials', new FakeClock());

describe('hasTransactions', () => {
  it('believes what it has seen: an aborted write that nobody else saw', async () => {
    const server = connectionTo({});
    await expect(tried(server)).resolves.toBe(true);
    expect(server.stored.size).toBe(0);
  });

  it('finds a server that takes part only by word, and leaves nothing there', async () => {
    const server = connectionTo({ ignoresSessions: true });
    await expect(tried(server)).resolves.toBe(false);
    expect(server.stored.size).toBe(0);
  });

  it.each([
    ['a standalone server', { name: 'MongoServerError', code: 20 }],
    ['an unknown field', { name: 'MongoServerError', code: 40415 }],
    ['a driver that knows better', { name: 'MongoCompatibilityError' }],
  ])('takes the refusal of %s for an answer', async (_, refusal) => {
    await expect(tried(connectionTo({ refusal }))).resolves.toBe(false);
  });

  it.each([
    ['the network', { name: 'MongoNetworkError' }, 'SINK_UNAVAILABLE'],
    ['an election', { name: 'MongoServerError', code: 10107 }, 'SINK_UNAVAILABLE'],
    ['a missing right', { name: 'MongoServerError', code: 13 }, 'MONGO_UNAUTHORIZED'],
  ])('does not take trouble with %s for an answer', async (_, refusal, code) => {
    await expect(tried(connectionTo({ refusal }))).rejects.toMatchObject({ code });
  });
});
