import { createRequire } from 'node:module';

// kafkajs 2.2.4 has no exports map: its inner files can be read. Guards change prototypes of these
// classes; nothing else in this lib may depend on them.
const requireHere = createRequire(__filename);

export interface RequestQueueInternals {
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  requestTimeoutIntervalId?: NodeJS.Timeout;
  enforceRequestTimeout: boolean;
  requestTimeout: number;
  readonly pending: readonly unknown[];
  readonly inflight: ReadonlyMap<
    number,
    { readonly sentAt: number; readonly requestTimeout: number; timeoutRequest(): void }
  >;
  isConnected(): boolean;
  destroy(): void;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
  scheduleRequestTimeoutCheck(): void;
}

export interface OffsetCommitInternals {
  readonly topics: ReadonlyArray<{
    readonly topic: string;
    readonly partitions: ReadonlyArray<{ readonly partition: number; readonly offset: string }>;
  }>;
}

/** A request of one version, and how its answer is read. */
export interface RequestInternals {
  readonly request: unknown;
  readonly response: {
    decode(raw: Buffer): Promise<unknown>;
    parse(data: unknown): Promise<unknown>;
  };
  readonly requestTimeout?: number;
}

export interface RequestDefinition {
  readonly versions: readonly string[];
  protocol(target: { readonly version: number }): (options: unknown) => RequestInternals;
}

/** Chooses the version of a request that a broker knows. */
export type RequestLookup = (
  apiKey: number,
  definition: RequestDefinition,
) => (options: unknown) => RequestInternals;

export interface BrokerInternals {
  readonly lookupRequest: RequestLookup;
  fetch(request: object): Promise<unknown>;
}

/** By number of the call. */
export type ApiVersionsInternals = Readonly<
  Record<number, { readonly minVersion: number; readonly maxVersion: number } | undefined>
>;

export interface BrokerClassInternals {
  apiVersions(): Promise<ApiVersionsInternals>;
}

export interface ClusterInternals {
  findBroker(target: { readonly nodeId: string }): Promise<BrokerInternals>;
}

/** The broker that keeps the offsets of a group. */
export interface CoordinatorInternals {
  offsetCommit(
    request: OffsetCommitInternals & {
      readonly groupId: string;
      readonly groupGenerationId: number;
      readonly memberId: string;
    },
  ): Promise<unknown>;
}

/** A cluster that nobody but us uses. */
export interface OwnClusterInternals extends ClusterInternals {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  /** By id of the node. */
  findLeaderForPartitions(
    topic: string,
    partitions: readonly number[],
  ): Readonly<Record<string, readonly number[]>>;
  fetchTopicsOffset(
    topics: ReadonlyArray<{
      readonly topic: string;
      readonly partitions: ReadonlyArray<{ readonly partition: number }>;
      readonly fromBeginning: boolean;
    }>,
  ): Promise<
    ReadonlyArray<{
      readonly partitions: ReadonlyArray<{ readonly partition: number; readonly offset: string }>;
    }>
  >;
}

/** The same cluster, as those see it who ask for groups. */
export interface GroupClusterInternals extends OwnClusterInternals {
  findGroupCoordinator(group: { readonly groupId: string }): Promise<CoordinatorInternals>;
}

export interface ClusterOptions {
  readonly metadataMaxAge: number;
  readonly allowAutoTopicCreation: boolean;
  /** 1 = read committed. */
  readonly isolationLevel: 1;
}

const CREATE_CLUSTER = 'private:Kafka:createCluster';

/** Makes a cluster as a consumer of that client would have it; null when the client is no kafkajs 2.2.4. */
export function createCluster(
  client: object,
  options: ClusterOptions,
): GroupClusterInternals | null {
  const name = Object.getOwnPropertySymbols(client).find(
    ({ description }) => description === CREATE_CLUSTER,
  );
  if (name === undefined) return null;
  const create = (client as Record<symbol, (wanted: ClusterOptions) => GroupClusterInternals>)[
    name
  ];
  return create?.(options) ?? null;
}

export interface ConsumerGroupInternals {
  readonly assigners: readonly unknown[];
  readonly cluster: ClusterInternals;
  readonly generationId: number | null;
  memberId: string | null;
  readonly groupId: string;
  readonly seekOffset: Map<string, unknown>;
  readonly offsetManager: { commitOffsets(offsets: OffsetCommitInternals): Promise<void> };
  assigned(): ReadonlyArray<{ readonly topic: string; readonly partitions: readonly number[] }>;
  joinAndSync(): Promise<void>;
  fetch(nodeId: string): Promise<readonly object[]>;
  recoverFromOffsetOutOfRange(error: { topic: string; partition: number }): Promise<void>;
}

export interface RunnerInternals {
  readonly consumerGroup: ConsumerGroupInternals;
  handleBatch(batch: object): Promise<void>;
}

interface ClassOf<T> {
  readonly prototype: T;
}

/** The version that is installed. */
export function installedVersion(): string {
  return (requireHere('kafkajs/package.json') as { version: string }).version;
}

export function requestQueueClass(): ClassOf<RequestQueueInternals> {
  return requireHere('kafkajs/src/network/requestQueue') as ClassOf<RequestQueueInternals>;
}

export function brokerClass(): ClassOf<BrokerClassInternals> {
  return requireHere('kafkajs/src/broker') as ClassOf<BrokerClassInternals>;
}

export function consumerGroupClass(): ClassOf<ConsumerGroupInternals> {
  return requireHere('kafkajs/src/consumer/consumerGroup') as ClassOf<ConsumerGroupInternals>;
}

export function runnerClass(): ClassOf<RunnerInternals> {
  return requireHere('kafkajs/src/consumer/runner') as ClassOf<RunnerInternals>;
}
