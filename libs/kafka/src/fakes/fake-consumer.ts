import type { Consumer, ConsumerConfig, ConsumerRunConfig, EachBatchPayload } from 'kafkajs';
import type { TopicPartition } from 'millrace/pipeline';
import { hooksOf } from '../guards/membership.guard';
import type { MembershipHooks } from '../guards/membership.guard';
import type { FakeCluster } from './fake-cluster';

type Listener = (event: { payload: unknown }) => void;
type VendorPartitions = ReadonlyArray<{ topic: string; partitions?: readonly number[] }>;

const key = (topic: string, partition: number) => `${topic}/${partition}`;

/** kafkajs' consumer, moved by a spec: it joins, delivers and dies when told to. */
export class FakeConsumer {
  readonly paused = new Map<string, TopicPartition>();
  readonly seeks: Array<{ topic: string; partition: number; offset: string }> = [];
  readonly resolved: string[] = [];
  readonly commits: Array<{ generation: number; offsets: unknown }> = [];
  heartbeats = 0;
  isDisconnected = false;
  subscription: { topics?: unknown; fromBeginning?: boolean } = {};
  runConfig: ConsumerRunConfig = {};
  commitError: Error | null = null;
  heartbeatError: Error | null = null;
  disconnecting: Promise<void> = Promise.resolve();
  memberId: string | null = null;
  readonly hooks: MembershipHooks;
  private held: readonly TopicPartition[] = [];
  private generation = 0;
  private readonly listeners = new Map<string, Listener[]>();
  private finishRun: () => void = () => undefined;

  constructor(
    private readonly cluster: FakeCluster,
    readonly config: ConsumerConfig,
  ) {
    const assigner = config.partitionAssigners?.[0]?.({} as never);
    const hooks = hooksOf(assigner);
    if (hooks === undefined) throw new Error('the assignor carries no hooks');
    this.hooks = hooks;
  }

  asVendor(): Consumer {
    return {
      events: { CRASH: 'crash', FETCH: 'fetch', REQUEST: 'request' },
      on: (event: string, listener: Listener) => {
        this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
      },
      connect: async () => {
        await this.cluster.connecting;
        if (this.cluster.isDown) throw this.cluster.downError;
      },
      subscribe: async (subscription: { topics: unknown; fromBeginning: boolean }) => {
        this.subscription = subscription;
      },
      run: (config: ConsumerRunConfig) => this.run(config),
      disconnect: async () => {
        await this.disconnecting;
        this.isDisconnected = true;
      },
      pause: (targets: VendorPartitions) => this.each(targets, (id, at) => this.paused.set(id, at)),
      resume: (targets: VendorPartitions) => this.each(targets, (id) => this.paused.delete(id)),
      paused: () =>
        [...this.paused.values()]
          .filter(({ topic, partition }) =>
            this.held.some((at) => at.topic === topic && at.partition === partition),
          )
          .map(({ topic, partition }) => ({ topic, partitions: [partition] })),
      seek: (target: { topic: string; partition: number; offset: string }) => {
        this.seeks.push(target);
      },
    } as unknown as Consumer;
  }

  /** The first join is what `run` waits for; every join does what the guard does around it. */
  async join(partitions: readonly TopicPartition[], options = { lost: false }): Promise<void> {
    await this.hooks.beforeJoin(options);
    this.memberId ??= this.hooks.reclaimMemberId() ?? `member-of-${this.cluster.consumers.length}`;
    this.held = partitions;
    this.generation += 1;
    const { generation } = this;
    await this.hooks.afterJoin({
      memberId: this.memberId,
      partitions,
      commit: async (offsets) => {
        if (this.commitError !== null) throw this.commitError;
        this.commits.push({ generation, offsets });
      },
    });
    this.finishRun();
  }

  crash(error: Error): void {
    this.emit('crash', { error, restart: false });
    this.finishRun();
  }

  emit(event: 'crash' | 'fetch' | 'request', payload: unknown): void {
    for (const listener of this.listeners.get(event) ?? []) listener({ payload });
  }

  /** Hands a batch of records with the given offsets to `eachBatch`. */
  async deliver(
    target: TopicPartition,
    offsets: readonly number[],
    state: { isStale?: () => boolean } = {},
  ): Promise<void> {
    const messages = offsets.map((offset) => ({
      offset: String(offset),
      timestamp: '1700000000000',
      key: null,
      value: Buffer.from(`value-${offset}`),
      headers: {},
    }));
    const last = String(offsets.at(-1));
    await this.runConfig.eachBatch?.({
      batch: { ...target, messages, highWatermark: '1000', lastOffset: () => last },
      resolveOffset: (offset: string) => this.resolved.push(offset),
      heartbeat: async () => {
        this.heartbeats += 1;
        if (this.heartbeatError !== null) throw this.heartbeatError;
      },
      isStale: state.isStale ?? (() => false),
      isRunning: () => true,
    } as unknown as EachBatchPayload);
  }

  private run(config: ConsumerRunConfig): Promise<void> {
    this.runConfig = config;
    return new Promise((resolve) => {
      this.finishRun = resolve;
    });
  }

  private each(targets: VendorPartitions, change: (id: string, at: TopicPartition) => void): void {
    for (const { topic, partitions = [] } of targets) {
      for (const partition of partitions) change(key(topic, partition), { topic, partition });
    }
  }
}
