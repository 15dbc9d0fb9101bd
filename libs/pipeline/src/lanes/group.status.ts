import type { Offset, TopicPartition } from '../ports/record';

/** What a group does now; closed set. */
export const GROUP_STATES = ['joining', 'assigned', 'rebalancing', 'crashed', 'stopped'] as const;
export type GroupState = (typeof GROUP_STATES)[number];

export interface GroupStatus {
  readonly groupId: string;
  readonly pipeline: string;
  readonly state: GroupState;
  /** Time in this state; unit ms. */
  readonly forMs: number;
  readonly partitions: number;
  readonly inFlightRecords: number;
  /** Partitions that wait for a person because their offset is no longer in the log. */
  readonly lostPartitions: number;
}

/** One assigned partition, for those who look after its progress. */
export interface PartitionProgress extends TopicPartition {
  /** Nothing of it is in hand. */
  readonly isIdle: boolean;
  /** Paused for a reason other than that its lane is full. */
  readonly isPaused: boolean;
  /** How far it may be committed; null while nothing is finished in this assignment. */
  readonly committable: Offset | null;
}
