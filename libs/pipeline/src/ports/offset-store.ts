import type { Offset, TopicPartition } from './record';

/** Where a group goes on with a partition; null = nothing is stored, the group's commit counts. */
export interface StoredPosition extends TopicPartition {
  readonly next: Offset | null;
}

/**
 * Keeps the positions of a group beside the data of its sink, so that both change together.
 *
 * Promises: of the processes that claim a partition only the last one moves its position; a
 * transaction of an earlier one cannot commit any more. A position never goes backwards by itself.
 */
export interface OffsetStore {
  /**
   * Takes partitions over from whoever had them, this process included.
   *
   * @returns where to go on, one per partition, in order: nothing that is stored lies behind it.
   * @throws {MillraceError} infrastructure when the store does not answer.
   */
  claim(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly StoredPosition[]>;
  /**
   * Moves positions behind finished records that no transaction has carried: dead letters at the end.
   *
   * @returns `lost` when another process has claimed one of the partitions.
   */
  advance(
    groupId: string,
    positions: ReadonlyArray<TopicPartition & { readonly next: Offset }>,
  ): Promise<'saved' | 'lost'>;
  /** Tells when a partition of a group turned out to be claimed by another process. @returns a function that ends it. */
  onLost(groupId: string, listener: () => void): () => void;
}
