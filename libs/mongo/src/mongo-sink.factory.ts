import type { SinkPort } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import type { ClientSession } from 'mongodb';
import { BulkWriter, MAX_BULK_OPERATIONS } from './bulk-writer';
import type { BulkWriterOptions } from './bulk-writer';
import { VERSION_FIELD } from './document-version';
import { GuardWriter } from './mongo-guard.sink';
import type { GuardMapping } from './guard-fold';
import type { SinkCollection } from './mongo-collection';
import { InsertWriter } from './mongo-insert.sink';
import type { InsertMapping } from './mongo-insert.sink';
import type { MongoSinkOptions } from './mongo-sink.decorator';
import { UpdateWriter } from './mongo-update.sink';
import type { UpdateMapping } from './mongo-update.sink';
import type { MongoConnection } from './mongo.connection';
import { indexName } from './mongo.indexes';
import type { SinkMetrics } from './mongo.metrics';
import type { MongoOffsetStore } from './offsets/mongo.offset-store';
import { TransactionalSink } from './offsets/transactional.sink';
import { SlicedSink } from './sliced.sink';
import type { SliceWriter } from './slice-writer';
import { CollectionVersionReader } from './version-reader';

/** Where and as what a sink writes. */
export interface SinkTarget {
  readonly collection: string;
  /** Labels of metrics. */
  readonly pipeline: string;
  readonly sink: string;
}

/** Makes sinks; for those that are not declared with `@MongoSink`. */
export class MongoSinkFactory {
  constructor(
    private readonly connection: Pick<MongoConnection, 'collection' | 'probe'>,
    private readonly options: { readonly writeTimeoutMs: number },
    private readonly clock: Clock,
    private readonly metrics?: Pick<SinkMetrics, 'observe'>,
    /** For sinks with `offsets: 'transaction'`. */
    private readonly offsets?: MongoOffsetStore,
  ) {}

  /** @param options - the ones of `@MongoSink`: `update`, or `id` and `document`, and `version`. */
  create(target: SinkTarget, options: MongoSinkOptions<never>): SinkPort {
    const collection = (session?: ClientSession) => this.collectionOf(target, session);
    const plain = this.sliced(target, options, collection);
    const { offsets: store, clock } = this;
    if (options.offsets !== 'transaction' || store === undefined) return plain;
    return new TransactionalSink({
      groupId: options.groupId,
      store,
      plain,
      on: (bound) => this.sliced(target, options, () => bound),
      collection,
      sliceRecords: options.window?.maxRecords ?? MAX_BULK_OPERATIONS,
      clock,
    });
  }

  private sliced(
    target: SinkTarget,
    options: MongoSinkOptions<never>,
    collection: () => SinkCollection,
  ): SinkPort {
    const { clock, metrics } = this;
    const sliceRecords = options.window?.maxRecords;
    return new SlicedSink({
      writer: this.writer(collection, options),
      clock,
      probe: () => this.connection.probe(),
      pipeline: target.pipeline,
      sink: target.sink,
      ...(sliceRecords === undefined ? {} : { sliceRecords }),
      ...(metrics === undefined ? {} : { metrics }),
    });
  }

  private collectionOf({ collection }: SinkTarget, session?: ClientSession): SinkCollection {
    return this.connection.collection(collection, session) as unknown as SinkCollection;
  }

  private writer(collection: () => SinkCollection, options: MongoSinkOptions<never>): SliceWriter {
    const bulkOptions: BulkWriterOptions = {
      collection,
      clock: this.clock,
      writeTimeoutMs: this.options.writeTimeoutMs,
      idIndexes: new Set((options.indexes ?? []).filter((spec) => spec.idempotency).map(indexName)),
    };
    const bulks = new BulkWriter(bulkOptions);
    if (options.update !== undefined) return new UpdateWriter(options as UpdateMapping, bulks);
    if (options.version === undefined) return new InsertWriter(options as InsertMapping, bulks);
    const versions = new CollectionVersionReader(bulkOptions, VERSION_FIELD);
    return new GuardWriter(options as GuardMapping, bulks, versions, this.clock);
  }
}
