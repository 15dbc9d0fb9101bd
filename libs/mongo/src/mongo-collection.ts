import type { BulkCounts } from './bulk-outcome';

/** One operation of a bulk, in the words of the driver. Made by the sinks only. */
export type BulkOperation =
  | { readonly insertOne: { readonly document: Record<string, unknown> } }
  | {
      readonly replaceOne: {
        readonly filter: Record<string, unknown>;
        readonly replacement: Record<string, unknown>;
        readonly upsert: true;
      };
    }
  | {
      readonly updateOne: {
        readonly filter: { readonly _id: string };
        readonly update: Record<string, unknown>;
        readonly upsert: true;
      };
    };

/**
 * The part of a driver's collection that sinks use. A `Collection` of the `mongodb` package fits;
 * tests bring their own.
 */
export interface SinkCollection {
  bulkWrite(
    operations: readonly BulkOperation[],
    options: { readonly ordered: false },
  ): Promise<BulkCounts>;
  find(
    filter: { readonly _id: { readonly $in: readonly string[] } },
    options: {
      readonly projection: Readonly<Record<string, 0 | 1>>;
      readonly readPreference: 'primary';
      readonly readConcern: { readonly level: 'local' | 'majority' };
    },
  ): { toArray(): Promise<ReadonlyArray<Record<string, unknown>>> };
}
