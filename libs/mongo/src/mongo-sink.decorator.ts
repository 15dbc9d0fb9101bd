import { Injectable, SetMetadata, applyDecorators } from '@nestjs/common';
import type { Contract } from 'millrace/contracts';
import type { PipelineRecord, ReadOptions } from 'millrace/pipeline';
import { MAX_BULK_OPERATIONS } from './bulk-writer';
import type { DocumentVersion } from './document-version';
import type { MongoUpdate } from './idempotent-update';
import { IdempotencyIdMissingError, SinkDefinitionInvalidError } from './mongo.errors';
import type { IndexSpec } from './mongo.indexes';

/** Names a mongoose model: the class behind `MongooseModule.forFeature`, or the model itself. */
export interface ModelReference {
  readonly name: string;
  readonly modelName?: string;
}

/** Options of a sink that it has in common with every reader of a topic. */
export type SinkReadOptions = Omit<ReadOptions, 'concurrencyPerPartition' | 'timeoutMs' | 'inbox'>;

/**
 * Options of {@link MongoSink}; `window.maxRecords` is at most 1 000, the other bounds of a write are
 * PIPELINE_SINK_DEADLINE_MS and MONGO_WRITE_TIMEOUT_MS.
 */
export interface MongoSinkOptions<Event = unknown> extends SinkReadOptions {
  /** Name of the collection; or `model`. */
  readonly collection?: string;
  /** Registered with `MongooseModule.forFeature`; its collection is written, not through mongoose. */
  readonly model?: ModelReference;
  /**
   * Identity of the document: a repeat of the event gets the same one. Text, 1-256 bytes, from the
   * event or `record.eventId`; never random, never from a clock.
   */
  readonly id?: (event: Event, record: PipelineRecord<Event>) => string;
  /** The document; its `_id` is set by the sink. Make a new object: it is changed. */
  readonly document?: (event: Event, record: PipelineRecord<Event>) => object;
  /** With it an older event never overwrites a newer one; stored as `_v`. Without it the first one stays. */
  readonly version?: (event: Event, record: PipelineRecord<Event>) => DocumentVersion;
  /**
   * Only with `version`. True: a marker with this version takes the place of the document
   * (`_deleted`, `_deletedAt`), so that a late older event does not bring it back; the marker goes
   * after MONGO_DELETED_TTL_MS. Queries leave it out: `{ _deleted: { $ne: true } }`.
   */
  readonly deleted?: (event: Event, record: PipelineRecord<Event>) => boolean;
  /** In place of id, document and version: upserts whose repetition and order do not matter. */
  readonly update?: (event: Event, record: PipelineRecord<Event>) => readonly MongoUpdate[];
  /** Ensured when the connection is there. Default: none. */
  readonly indexes?: readonly IndexSpec[];
}

/** What {@link MongoSink} leaves at a class. */
export interface MongoSinkDeclaration {
  readonly contract: Contract;
  readonly options: MongoSinkOptions<never>;
}

/** Key of the metadata. */
export const MONGO_SINK = Symbol('millrace:mongo-sink');

/**
 * Writes every event of a contract to MongoDB, without a handler.
 *
 * With `id` and `document` events are inserted: a repeat is a duplicate. With `version` as well they
 * replace older ones. With `update` they change documents by idempotent operators.
 *
 * @throws {IdempotencyIdMissingError} IDEMPOTENCY_ID_MISSING when nothing makes a repeat harmless.
 * @throws {SinkDefinitionInvalidError} SINK_DEFINITION_INVALID when options do not fit together.
 * @example
 * @MongoSink(PriceQuoted, {
 *   groupId: 'metals-processor', model: Price,
 *   id: (event, record) => record.eventId,
 *   document: (event) => ({ metal: event.metal, price: event.price }),
 * })
 * export class PriceSink {}
 */
export function MongoSink<Event>(
  contract: Contract<Event>,
  options: MongoSinkOptions<Event>,
): ClassDecorator {
  refuseBadOptions(contract, options);
  const declaration = { contract, options } as unknown as MongoSinkDeclaration;
  return applyDecorators(Injectable(), SetMetadata(MONGO_SINK, declaration));
}

function refuseBadOptions<Event>(
  contract: Contract<Event>,
  options: MongoSinkOptions<Event>,
): void {
  const { id, document, version, update, deleted, collection, model, groupId } = options;
  const maxRecords = options.window?.maxRecords;
  const what = `the sink of "${contract.name}" in group "${groupId}"`;
  if (id === undefined && update === undefined) {
    throw new IdempotencyIdMissingError({ message: `${what} has no id` });
  }
  const problems: string[] = [];
  if (!groupId) problems.push('groupId is missing');
  if ((collection === undefined) === (model === undefined)) {
    problems.push('exactly one of collection and model is needed');
  }
  if (update === undefined && document === undefined) problems.push('document is missing');
  if (update !== undefined && (document ?? version ?? id ?? deleted) !== undefined) {
    problems.push('update stands alone: each update carries its id');
  }
  if (deleted !== undefined && version === undefined) {
    problems.push('deleted needs version: without one a late older event would bring it back');
  }
  if (maxRecords !== undefined && !(maxRecords >= 1 && maxRecords <= MAX_BULK_OPERATIONS)) {
    problems.push(`window.maxRecords must be 1-${MAX_BULK_OPERATIONS}`);
  }
  if (problems.length > 0) {
    throw new SinkDefinitionInvalidError({ message: `${what}: ${problems.join('; ')}` });
  }
}
