import type { MillraceError } from 'millrace/errors';
import type { ProducerPort, ProducerSettings } from './producer';
import type { KafkaRecord, Offset, TopicPartition } from './record';

/**
 * The port between the pipeline and a Kafka client. Vendor-free: no type of a client library may
 * appear here. Every adapter passes the conformance suite of `millrace/testing` (promises D1-D19).
 */

export interface FetchedBatch extends TopicPartition {
  /** Slices of the fetch buffer: drop the batch as a whole, copy what outlives it. */
  readonly records: readonly KafkaRecord[];
  /** Last offset + 1, control records and compaction gaps included. */
  readonly nextOffset: Offset;
  readonly highWatermark: Offset;
  /** Bytes of keys and values, for backpressure; unit bytes. */
  readonly bytes: number;
}

export interface BatchControl {
  /** Rises with every assignment of this consumer. */
  readonly epoch: number;
  /** Fires with a reason of {@link RevokeReason} when the partition may no longer be worked on. */
  readonly signal: AbortSignal;
}

export type RevokeReason = 'revoked' | 'draining' | 'lost';

/**
 * Never rejects, and returns fast: it hands the batch to a lane.
 * The answer says how far this partition may be read on; null = fetch the same offset again.
 * Reading on is not committing.
 */
export type BatchHandler = (
  batch: FetchedBatch,
  control: BatchControl,
) => Promise<{ readonly resume: Offset | null }>;

export interface Assignment {
  readonly epoch: number;
  readonly partitions: readonly TopicPartition[];
}

export interface ConsumerEvents {
  joined: Assignment & { readonly durationMs: number };
  /** The group is about to rebalance. Listeners are awaited, at most `revokeDrainMs`, before the rejoin where the client allows it. */
  rebalancing: { readonly epoch: number; readonly reason: string };
  heartbeat: { readonly durationMs: number };
  fetched: { readonly durationMs: number };
  committed: { readonly durationMs: number };
  /** `committed` is below `earliest` (retention) or above `end` (topic recreated). */
  offsetLost: TopicPartition & {
    readonly committed: Offset;
    readonly earliest: Offset;
    readonly end: Offset;
  };
  /** The client's consumer died; the driver builds a new one after `restartInMs`, null = it gave up. */
  crashed: { readonly error: MillraceError; readonly restartInMs: number | null };
}

export type ConsumerListener<E extends keyof ConsumerEvents> = (
  payload: ConsumerEvents[E],
) => void | Promise<void>;

/** One member of one consumer group. Commits only when told to, never restarts user code. */
export interface ConsumerPort {
  /** Subscribes, joins and feeds the handler; resolves after the first join. At most one open call per partition. */
  start(handler: BatchHandler, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Empty partitions before the first join and while rejoining. */
  assignment(): Assignment;
  /** Takes effect before the next batch call; survives fetches, not a rebalance: the core applies it again. */
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** Moves the local position only; never a commit. */
  seek(target: TopicPartition & { readonly offset: Offset }): void;
  /**
   * Commits the next offsets to read.
   *
   * @returns `committed` only after the coordinator's answer; `stale` when the epoch is old or the
   * group refused the generation: nothing was committed.
   * @throws {MillraceError} with failure `infrastructure` when the coordinator did not answer.
   */
  commit(
    offsets: ReadonlyArray<TopicPartition & { readonly next: Offset }>,
    epoch: number,
  ): Promise<'committed' | 'stale'>;
  /** Throws the client away and builds a new one: for a member that is alive and makes no progress. */
  rebuild(reason: MillraceError): void;
  /** Leaves the group and closes. `forced` when the deadline passed and sockets were destroyed. */
  stop(options: { readonly deadlineMs: number }): Promise<'clean' | 'forced'>;
  /** @returns a function that removes the listener. */
  on<E extends keyof ConsumerEvents>(event: E, listener: ConsumerListener<E>): () => void;
}

export interface TopicSpec {
  readonly topic: string;
  /** -1 = the default of the adapter. */
  readonly partitions: number;
  /** -1 = the broker's default. */
  readonly replicationFactor: number;
  readonly configs?: Readonly<Record<string, string>>;
}

export interface TopicDescription {
  readonly topic: string;
  readonly exists: boolean;
  /** 0 when absent. */
  readonly partitions: number;
  readonly replicationFactor: number;
}

export interface GroupDescription {
  /** Kafka's own word: Stable, Empty, Dead, PreparingRebalance, CompletingRebalance. */
  readonly state: string;
  readonly members: readonly MemberDescription[];
}

/** One member of a group. */
export interface MemberDescription {
  readonly memberId: string;
  readonly clientId: string;
  /** Address from which it is connected; '' when the broker does not say. */
  readonly host: string;
  /** What it holds in the generation of now; empty while the group rebalances. */
  readonly partitions: readonly TopicPartition[];
}

/** Bounds of one read. */
export interface ReadLimits {
  /** Keys and values of the answer, about; a longer record or batch comes alone; unit bytes. */
  readonly maxBytes: number;
  /** Longest wait for a record at the end of the log; unit ms. */
  readonly maxWaitMs: number;
  /** Rejects with its reason when it fires. */
  readonly signal?: AbortSignal;
}

/** Reads ranges of a log without a group: no join, no commit, nothing left behind on the brokers. */
export interface ReaderPort {
  /**
   * Reads from an offset on; below the first offset still there, it begins at that one.
   *
   * @returns an empty batch at the end of the log after `maxWaitMs`. What cannot be decoded is a
   * record that stands for its range. `nextOffset` is where to read on.
   * @throws {MillraceError} infrastructure when no broker answers; permanent for a partition that is not there.
   */
  read(
    from: TopicPartition & { readonly offset: Offset },
    limits: ReadLimits,
  ): Promise<FetchedBatch>;
  close(options: { readonly deadlineMs: number }): Promise<void>;
}

/** Works while no consumer runs. Uses one connection, kept open. */
export interface AdminPort {
  /** Names of all topics but those of the brokers themselves, sorted. */
  listTopics(): Promise<readonly string[]>;
  /** Ids of all groups that the brokers know, sorted. */
  listGroups(): Promise<readonly string[]>;
  /** An absent topic is listed with `exists: false`. */
  describeTopics(names: readonly string[]): Promise<readonly TopicDescription[]>;
  /** Creates what is missing; an existing topic is left as it is. */
  createTopics(specs: readonly TopicSpec[]): Promise<void>;
  /** By partition: first offset still there, and next offset to be written. */
  offsets(
    topic: string,
  ): Promise<ReadonlyMap<number, { readonly earliest: Offset; readonly end: Offset }>>;
  /** By partition: first offset at or after the time; the end where there is none. */
  offsetsAt(topic: string, timestampMs: number): Promise<ReadonlyMap<number, Offset>>;
  /** By partition: next offset to read; null = no commit (special values below 0 read as none). */
  committed(groupId: string, topic: string): Promise<ReadonlyMap<number, Offset | null>>;
  describeGroup(groupId: string): Promise<GroupDescription>;
  /** Refuses while the group has members. */
  setCommitted(
    groupId: string,
    offsets: ReadonlyArray<TopicPartition & { readonly next: Offset }>,
  ): Promise<void>;
}

export interface ConsumerSettings {
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Where a group without a commit begins; default earliest, and always for `wholeTopics` of the list. */
  readonly startAt?: 'earliest' | 'latest';
  readonly wholeTopics?: readonly string[];
}

export interface DriverHealth {
  readonly connected: boolean;
  /** Age of the last call that a broker answered; null before the first; unit ms. */
  readonly lastSuccessAgeMs: number | null;
  /** What it proves itself with: end (ISO 8601) and the code of what is wrong with its files; absent without TLS. */
  readonly certificate?: { readonly notAfter: string | null; readonly problem: string | null };
}

export interface KafkaDriver {
  readonly name: 'kafkajs' | 'platformatic' | 'memory';
  /** For people and logs; example `127.0.0.1:9092`. */
  readonly address: string;
  readonly capabilities: {
    /** Listeners of `rebalancing` are awaited before partitions move. */
    readonly awaitedRevoke: boolean;
    readonly cooperative: boolean;
    readonly staticMembership: boolean;
  };
  /** One attempt. @throws {MillraceError} when no broker answered within the deadline. */
  connect(options: { readonly deadlineMs: number }): Promise<void>;
  consumer(settings: ConsumerSettings): ConsumerPort;
  producer(settings: ProducerSettings): ProducerPort;
  /** Its connection opens with the first read. */
  reader(): ReaderPort;
  admin(): AdminPort;
  /**
   * Verifies or creates topics, as the adapter is set to; an existing topic is left as it is.
   *
   * @param specs - `partitions` and `replicationFactor` -1 = the adapter's default.
   * @throws {MillraceError} with failure `fatal` and the command to run, when one may not be created.
   */
  ensureTopics(specs: readonly TopicSpec[]): Promise<void>;
  /** Reads the lag of a group from now on, also while nothing consumes; the same group twice is harmless. */
  watchLag(groupId: string, topics: readonly string[]): void;
  /** Lag of the whole group as read last; null before the first reading; unit records. */
  lagOf(groupId: string): number | null;
  health(): DriverHealth;
  /** After it no handle, timer or socket of the driver remains. */
  close(options: { readonly deadlineMs: number }): Promise<void>;
}
