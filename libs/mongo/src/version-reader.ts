import { MillraceError } from 'millrace/errors';
import type { BulkWriterOptions, WriteBound } from './bulk-writer';
import { callBound } from './bulk-writer';
import { within } from './deadline';
import { callError } from './mongo.translation';

/** Of the read concern that a query asks for. */
export type ReadLevel = 'local' | 'majority';

/** Reads the stored versions of documents. */
export interface VersionReader {
  /**
   * @param level - `majority`: only what no failover takes back. Default `local`: what a write meets.
   * @returns by id; a document that is not there is not in it, one without a version is undefined.
   * @throws {MillraceError} when the database did not answer.
   */
  read(
    ids: readonly string[],
    bound: WriteBound,
    level?: ReadLevel,
  ): Promise<ReadonlyMap<string, unknown>>;
}

/** Reads versions with one query on the primary: a secondary may not have the writer's yet. */
export class CollectionVersionReader implements VersionReader {
  constructor(
    private readonly options: BulkWriterOptions,
    private readonly field: string,
  ) {}

  async read(
    ids: readonly string[],
    bound: WriteBound,
    level: ReadLevel = 'local',
  ): Promise<ReadonlyMap<string, unknown>> {
    const { collection } = this.options;
    const projection = { [this.field]: 1 } as const;
    const options = { projection, readPreference: 'primary', readConcern: { level } } as const;
    try {
      const documents = await within(callBound(this.options, bound), () =>
        collection()
          .find({ _id: { $in: ids } }, options)
          .toArray(),
      );
      return new Map(documents.map((document) => [String(document['_id']), document[this.field]]));
    } catch (thrown) {
      bound.signal.throwIfAborted();
      throw thrown instanceof MillraceError ? thrown : callError(thrown);
    }
  }
}
