import type {
  Audit,
  GroupReport,
  MemberDescription,
  Offset,
  PauseTarget,
  ProcessReport,
  ReaderReport,
  StoppedLine,
} from 'millrace/pipeline';

/** Who has a partition. */
export interface PartitionOwner {
  readonly clientId: string;
  /** Address from which it is connected; '' when the broker does not say. */
  readonly host: string;
  readonly memberId: string;
}

/** How far a group is behind on one partition. */
export interface PartitionLagView {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to read; null = nothing is committed. */
  readonly committed: Offset | null;
  readonly earliest: Offset;
  readonly end: Offset;
  /** Records that are still in the log and not committed; unit records. */
  readonly lag: number;
  /** Age of the first record that is not committed; null = it could not be read; unit s. */
  readonly lagSeconds: number | null;
  /** null = nobody has it. */
  readonly owner: PartitionOwner | null;
}

/** Lag of one group. */
export interface GroupLagView {
  readonly groupId: string;
  /** Kafka's own word: Stable, Empty, Dead, PreparingRebalance, CompletingRebalance. */
  readonly state: string;
  /** Unit records. */
  readonly lag: number;
  /** The oldest of its partitions; null = not known; unit s. */
  readonly lagSeconds: number | null;
  readonly partitions: readonly PartitionLagView[];
}

/** A pause that is wanted, and how far the processes have applied it. */
export interface PauseView extends PauseTarget {
  readonly audit: Audit;
  /** Living processes that have the group. */
  readonly processes: number;
  /** Of them, those that have applied the pause. */
  readonly applied: number;
}

/** One process that has a group, with what it said of it last. */
export interface GroupProcessView
  extends
    Pick<ProcessReport, 'process' | 'service' | 'serviceVersion' | 'at'>,
    Omit<GroupReport, 'groupId' | 'pipeline' | 'readers'> {
  readonly isAlive: boolean;
}

/** What is known of a group: what it reads, who has it, what is wanted of it. */
export interface GroupView {
  readonly groupId: string;
  readonly pipeline: string;
  /** Kafka's own word. */
  readonly state: string;
  readonly members: readonly MemberDescription[];
  readonly readers: readonly ReaderReport[];
  readonly processes: readonly GroupProcessView[];
  readonly pauses: readonly PauseView[];
  /** Set while the group waits for a person; see `resumeLine`. */
  readonly stoppedLine: StoppedLine | null;
}

/** Where offsets are to be moved to. */
export type MoveTarget =
  | 'beginning'
  | 'end'
  | { readonly time: Date }
  /** By partition; the others stay. */
  | { readonly offsets: Readonly<Record<number, Offset>> };

/** What a move does to one partition. */
export interface MovePreview {
  readonly topic: string;
  readonly partition: number;
  /** Committed now; null = nothing. */
  readonly now: Offset | null;
  readonly to: Offset;
  /** Records that are read again (above 0) or skipped (below 0); unit records. */
  readonly records: number;
}
