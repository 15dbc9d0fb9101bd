import type { ClientSession } from 'mongodb';
import type { BulkOperation, SinkCollection } from '../mongo-collection';

type BulkWrite = SinkCollection['bulkWrite'];
type Find = SinkCollection['find'];

/**
 * A collection inside of a transaction.
 *
 * The first fault ends a transaction on the server; what is asked after it gets the same fault, and
 * whoever began the transaction finds it here.
 */
export class SessionCollection implements SinkCollection {
  /** What ended the transaction; null = nothing. */
  fault: Error | null = null;

  constructor(
    private readonly inner: SinkCollection,
    private readonly session: ClientSession,
  ) {}

  async bulkWrite(
    operations: readonly BulkOperation[],
    options: Parameters<BulkWrite>[1],
  ): ReturnType<BulkWrite> {
    if (this.fault !== null) throw this.fault;
    try {
      const given = { ...options, session: this.session };
      return await this.inner.bulkWrite(operations, given);
    } catch (thrown) {
      throw this.ended(thrown);
    }
  }

  find(filter: Parameters<Find>[0], options: Parameters<Find>[1]): ReturnType<Find> {
    const given = { ...options, session: this.session };
    return {
      toArray: async () => {
        if (this.fault !== null) throw this.fault;
        try {
          return await this.inner.find(filter, given).toArray();
        } catch (thrown) {
          throw this.ended(thrown);
        }
      },
    };
  }

  private ended(thrown: unknown): Error {
    this.fault ??= thrown instanceof Error ? thrown : new Error(String(thrown));
    return this.fault;
  }
}
