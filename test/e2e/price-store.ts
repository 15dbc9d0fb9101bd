import { Ledger } from 'millrace/testing';
import type { LedgerResult } from 'millrace/testing';
import { MongoClient } from 'mongodb';
import type { Collection, Db } from 'mongodb';

/** A document of the collection of prices, as the database holds it. */
export interface StoredPrice {
  readonly _id: string;
  readonly eventId: string;
  readonly metal: string;
  readonly price: number;
  readonly currency: string;
  readonly observedAt: Date;
}

/** The database as a foreign client sees it: the driver alone, nothing of Millrace. */
export class PriceStore {
  private readonly client: MongoClient;
  readonly db: Db;

  constructor(uri: string, database: string) {
    this.client = new MongoClient(uri, { serverSelectionTimeoutMS: 10_000 });
    this.db = this.client.db(database);
  }

  get prices(): Collection<StoredPrice> {
    return this.db.collection<StoredPrice>('prices');
  }

  async count(): Promise<number> {
    return this.prices.countDocuments();
  }

  /** Every document is read: a count alone would not see which ids are there. */
  async compare(
    sent: Iterable<string>,
  ): Promise<Pick<LedgerResult, 'missing' | 'twice' | 'unexpected'>> {
    const ledger = new Ledger();
    for (const id of sent) ledger.acknowledge({ id });
    const documents = await this.prices.find({}, { projection: { eventId: 1 } }).toArray();
    // Both must be the event's: a document under an `_id` of its own is unexpected.
    const stored = documents.flatMap(({ _id, eventId }) => [...new Set([_id, eventId])]);
    const { missing, twice, unexpected } = ledger.compare({ stored });
    return { missing, twice, unexpected };
  }

  async ids(): Promise<ReadonlySet<string>> {
    const found = await this.prices.find({}, { projection: { _id: 1 } }).toArray();
    return new Set(found.map(({ _id }) => _id));
  }

  /** Drops the database of the test and disconnects. */
  async close(): Promise<void> {
    await this.db.dropDatabase();
    await this.client.close();
  }
}
