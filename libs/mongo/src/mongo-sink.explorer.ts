import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import type { PipelineRecord, PipelineRegistry, SinkRegistration } from 'millrace/pipeline';
import { MONGO_SINK } from './mongo-sink.decorator';
import type { MongoSinkDeclaration } from './mongo-sink.decorator';
import type { MongoSinkFactory } from './mongo-sink.factory';
import type { MongoConnection } from './mongo.connection';
import { MongoModelMissingError } from './mongo.errors';
import type { MongoIndexes } from './mongo.indexes';
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
    const { groupId, onError, sliceRecords, startAt, indexes = [] } = options;
    const collection = this.collectionOf(name, options);
    const pipeline = options.pipeline ?? contract.name.split('.', 1)[0] ?? contract.name;
    this.indexes.declare(collection, indexes);
    this.registry?.registerSink({
      contract,
      groupId,
      pipeline,
      name,
      sink: this.sinks.create({ collection, pipeline, sink: name }, options),
      identity: identityOf(options),
      options: {
        ...(onError === undefined ? {} : { onError }),
        ...(sliceRecords === undefined ? {} : { sliceRecords }),
        ...(startAt === undefined ? {} : { startAt }),
      },
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

type Mapping = ((event: unknown, record: PipelineRecord) => never) | undefined;

function identityOf(options: MongoSinkDeclaration['options']): SinkRegistration['identity'] {
  const id = options.id as Mapping;
  const version = options.version as Mapping;
  const document = options.document as Mapping;
  return {
    id: (record) => (id === undefined ? record.eventId : id(record.event, record)),
    ...(version === undefined ? {} : { version: (record) => version(record.event, record) }),
    ...(document === undefined ? {} : { document: (record) => document(record.event, record) }),
  };
}
