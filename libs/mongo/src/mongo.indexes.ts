import { Injectable } from '@nestjs/common';
import type { Collection, IndexDescription } from 'mongodb';
import type { IndexMode } from './mongo.config';
import type { MongoConnection } from './mongo.connection';
import { MongoIndexConflictError, MongoIndexMissingError } from './mongo.errors';
import { callError } from './mongo.translation';

/** An index that belongs to a sink. */
export interface IndexSpec {
  /** Fields in order; example `{ metal: 1, observedAt: -1 }`. */
  readonly keys: Readonly<Record<string, 1 | -1 | 'text' | 'hashed' | '2dsphere'>>;
  /** Default: as MongoDB names it, `metal_1_observedAt_-1`. */
  readonly name?: string;
  readonly unique?: boolean;
  /**
   * True: this unique index holds the identity of the event, so a document that it refuses is a
   * duplicate, not a conflict. Default false.
   */
  readonly idempotency?: boolean;
  readonly sparse?: boolean;
  /** Documents go after this age of a date field; unit s. */
  readonly expireAfterSeconds?: number;
  readonly partialFilterExpression?: Readonly<Record<string, unknown>>;
}

/** The name that MongoDB gives to an index without one. */
export function indexName({ name, keys }: Pick<IndexSpec, 'name' | 'keys'>): string {
  return (
    name ??
    Object.entries(keys)
      .map(([field, direction]) => `${field}_${direction}`)
      .join('_')
  );
}

/** Knows the indexes of sinks and models, and looks after them when the connection is there. */
@Injectable()
export class MongoIndexes {
  private readonly declared = new Map<string, IndexDescription[]>();
  private readonly conditional: Array<() => void> = [];

  constructor(private readonly connection: MongoConnection) {}

  /** Adds indexes of a collection; before the connection is opened. */
  declare(collection: string, specs: readonly IndexSpec[]): void {
    const known = this.declared.get(collection) ?? [];
    this.declared.set(collection, [...known, ...specs.map(description)]);
  }

  /** The same for indexes of which it is known only later, when all modules are made, that they are needed. */
  declareWhen(isNeeded: () => boolean, collection: string, specs: readonly IndexSpec[]): void {
    this.conditional.push(() => {
      if (isNeeded()) this.declare(collection, specs);
    });
  }

  /**
   * Creates or verifies everything that is declared.
   *
   * @throws {MongoIndexMissingError} MONGO_INDEX_MISSING in mode `verify`.
   * @throws {MongoIndexConflictError} MONGO_INDEX_CONFLICT when one exists with other options, or
   * documents break its unique rule.
   */
  async ensure(mode: IndexMode): Promise<void> {
    if (mode === 'off') return;
    for (const declare of this.conditional.splice(0)) declare();
    for (const [name, indexes] of this.all()) {
      const collection = this.connection.collection(name);
      if (mode === 'create') await create(collection, indexes);
      else await verify(collection, indexes);
    }
  }

  private all(): Map<string, IndexDescription[]> {
    const all = new Map(this.declared);
    for (const model of this.connection.models) {
      const { collectionName } = model.collection;
      const indexes = model.schema.indexes().map(([key, options]): IndexDescription => {
        // `background` means nothing since MongoDB 4.2, and other servers may refuse it.
        const { background: _, ...rest } = options as IndexDescription;
        return { ...rest, key: key as IndexDescription['key'] };
      });
      if (indexes.length > 0) {
        all.set(collectionName, [...(all.get(collectionName) ?? []), ...indexes]);
      }
    }
    return all;
  }
}

/** IndexOptionsConflict, IndexKeySpecsConflict, CannotCreateIndex, InvalidIndexSpecificationOption, DuplicateKey. */
const CONFLICTS: readonly unknown[] = [85, 86, 67, 197, 11000];

function description(spec: IndexSpec): IndexDescription {
  const { keys, idempotency, ...options } = spec;
  const isUnique = options.unique === true || idempotency === true;
  return {
    ...options,
    ...(isUnique ? { unique: true } : {}),
    name: indexName(spec),
    key: { ...keys },
  };
}

async function create(collection: Collection, indexes: IndexDescription[]): Promise<void> {
  try {
    await collection.createIndexes(indexes);
  } catch (error) {
    throw createError(collection, indexes, error);
  }
}

async function verify(collection: Collection, indexes: readonly IndexDescription[]): Promise<void> {
  const existing = await existingOf(collection);
  const missing = indexes.filter((wanted) => !existing.has(shapeOf(wanted)));
  if (missing.length === 0) return;
  const names = missing.map(({ key }) => JSON.stringify(key));
  throw new MongoIndexMissingError({
    message: `collection "${collection.collectionName}" lacks ${names.join(', ')}`,
    facts: { collection: collection.collectionName },
  });
}

async function existingOf(collection: Collection): Promise<ReadonlySet<string>> {
  try {
    const indexes = (await collection.listIndexes().toArray()) as IndexDescription[];
    return new Set(indexes.map(shapeOf));
  } catch (error) {
    // NamespaceNotFound: nothing was ever written.
    if ((error as { readonly code?: unknown }).code === 26) return new Set();
    throw callError(error);
  }
}

function shapeOf({ key, unique }: IndexDescription): string {
  const entries = key instanceof Map ? [...key.entries()] : Object.entries(key);
  return JSON.stringify([entries, unique === true]);
}

function createError(collection: Collection, indexes: readonly IndexDescription[], error: unknown) {
  if (!CONFLICTS.includes((error as { readonly code?: unknown }).code)) return callError(error);
  const names = indexes.map(({ key }) => JSON.stringify(key)).join(', ');
  return new MongoIndexConflictError({
    message: `collection "${collection.collectionName}" refuses one of ${names}`,
    cause: error,
    facts: { collection: collection.collectionName },
  });
}
