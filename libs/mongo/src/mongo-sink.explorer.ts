import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import type { PipelineRecord, PipelineRegistry, SinkRegistration } from 'millrace/pipeline';
import { DELETED_AT_FIELD } from './mongo-guard.sink';
import { MONGO_SINK } from './mongo-sink.decorator';
import type { MongoSinkDeclaration } from './mongo-sink.decorator';
import type { MongoSinkFactory } from './mongo-sink.factory';
import type { MongoConnection } from './mongo.connection';
import { MongoModelMissingError } from './mongo.errors';
import type { IndexSpec, MongoIndexes } from './mongo.indexes';
import type { ResolvedMongoOptions } from './mongo.options';
import { isMongoError, translateMongoError } from './mongo.translation';
import { MONGO } from './sliced.sink';

/** Finds the providers with `@MongoSink` and registers them with the pipeline, once per class. */
@Injectable()
export class MongoSinkExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly sinks: MongoSinkFactory,
    private readonly indexes: MongoIndexes,
    private readonly connection: MongoConnection,
    private readonly options: Pick<ResolvedMongoOptions, 'deletedTtlMs'>,
    /** Absent in an app that only queries. */
    private readonly registry: PipelineRegistry | undefined,
  ) {}

  onModuleInit(): void {
    if (this.connection.connects) this.registerDependency();
    for (const [sinkClass, declaration] of this.declarations()) {
      this.register(sinkClass.name, declaration);
    }
  }

  /** Also for handlers that use the database themselves: their errors wait at the same gate. */
  private registerDependency(): void {
    this.registry?.registerDependency({
      name: MONGO,
      probe: () => this.connection.probe(),
      translate: translateMongoError,
      owns: isMongoError,
    });
  }

  private register(name: string, { contract, options }: MongoSinkDeclaration): void {
    const { groupId, pipeline: label, indexes = [], deleted } = options;
    const collection = this.collectionOf(name, options);
    const pipeline = label ?? contract.name.split('.', 1)[0] ?? contract.name;
    this.indexes.declare(collection, indexes);
    if (deleted !== undefined) this.indexes.declare(collection, [markerIndex(this.options)]);
    this.registry?.registerSink({
      contract,
      groupId,
      pipeline,
      name,
      sink: this.sinks.create({ collection, pipeline, sink: name }, options),
      identity: identityOf(options),
      options: readOptionsOf(options),
    });
  }

  private collectionOf(name: string, options: MongoSinkDeclaration['options']): string {
    if (options.collection !== undefined) return options.collection;
    const modelName = options.model?.modelName ?? options.model?.name ?? '';
    const model = this.connection.model(modelName);
    if (model === undefined) {
      throw new MongoModelMissingError({ message: `${name} needs the model "${modelName}"` });
    }
    return model.collection.collectionName;
  }

  private declarations(): Map<{ readonly name: string }, MongoSinkDeclaration> {
    const found = new Map<{ readonly name: string }, MongoSinkDeclaration>();
    for (const { metatype } of this.discovery.getProviders()) {
      if (typeof metatype !== 'function') continue;
      const declaration = Reflect.getMetadata(MONGO_SINK, metatype) as
        MongoSinkDeclaration | undefined;
      if (declaration !== undefined) found.set(metatype, declaration);
    }
    return found;
  }
}

/** What the pipeline is to know of it: everything but what and where the sink writes. */
function readOptionsOf(options: MongoSinkDeclaration['options']): SinkRegistration['options'] {
  const { groupId: _, pipeline, collection, model, indexes, ...rest } = options;
  const { id, document, version, update, deleted, ...readOptions } = rest;
  return readOptions;
}

/** By it MongoDB takes the markers of deleted documents away. */
function markerIndex({ deletedTtlMs }: Pick<ResolvedMongoOptions, 'deletedTtlMs'>): IndexSpec {
  const expireAfterSeconds = Math.ceil(deletedTtlMs / 1_000);
  return { keys: { [DELETED_AT_FIELD]: 1 }, sparse: true, expireAfterSeconds };
}

type Mapping = ((event: unknown, record: PipelineRecord) => never) | undefined;

function identityOf(options: MongoSinkDeclaration['options']): SinkRegistration['identity'] {
  const id = options.id as Mapping;
  const version = options.version as Mapping;
  const document = documentOf(options);
  return {
    id: (record) => (id === undefined ? record.eventId : id(record.event, record)),
    ...(version === undefined ? {} : { version: (record) => version(record.event, record) }),
    ...(document === undefined ? {} : { document: (record) => document(record) }),
  };
}

function documentOf(
  options: MongoSinkDeclaration['options'],
): SinkRegistration['identity']['document'] {
  const document = options.document as Mapping;
  const deleted = options.deleted as Mapping;
  if (document === undefined) return undefined;
  return (record) =>
    deleted?.(record.event, record) === true ? { _deleted: true } : document(record.event, record);
}
