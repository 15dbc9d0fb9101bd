import type { Consumer, ConsumerCrashEvent, EachBatchPayload } from 'kafkajs';
import type { ConsumerSettings } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { registerCodecs } from '../codecs/register-codecs';
import type { FetchDecoder } from '../decoder/fetch.decoder';
import { withDecoder } from '../guards/fetch.guard';
import { assignorWith } from '../guards/membership.guard';
import type { MembershipHooks } from '../guards/membership.guard';
import type { KafkaConsumerOptions } from '../kafka.options';
import type { ClientHandle } from '../kafkajs.client';
import { consumerConfig } from '../kafkajs.settings';
import { settlesWithin } from '../within';

/** Measurements that kafkajs reports. */
export interface SessionEvents {
  heartbeat(durationMs: number): void;
  fetched(durationMs: number): void;
  /** A broker answered something. */
  answered(): void;
}

/** One consumer object of kafkajs, from birth to crash or close; never restarted. */
export class ConsumerSession {
  readonly vendor: Consumer;
  /** Resolves with the error that killed it. */
  readonly crashed: Promise<unknown>;
  private crash: (error: unknown) => void = () => undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly handle: ClientHandle,
    private readonly settings: ConsumerSettings,
    private readonly options: KafkaConsumerOptions,
    hooks: MembershipHooks,
    events: SessionEvents,
    decoder: FetchDecoder | null,
  ) {
    this.crashed = new Promise((resolve) => {
      this.crash = resolve;
    });
    this.vendor = handle.client.consumer({
      ...consumerConfig(settings.groupId, options),
      partitionAssigners: [(config) => withDecoder(assignorWith(hooks)(config), decoder)],
    });
    this.listen(events);
  }

  /** Subscribes, joins and runs; a failure shows in {@link crashed}. Never rejects. */
  run(eachBatch: (payload: EachBatchPayload) => Promise<void>): Promise<void> {
    this.running = this.open(eachBatch).catch((error: unknown) => this.crash(error));
    return this.running;
  }

  /**
   * Leaves the group and closes.
   *
   * kafkajs must not be stopped before it runs: the join would go on behind the stop.
   */
  async close(clock: Clock, deadlineMs: number): Promise<'clean' | 'forced'> {
    const endsAtMs = clock.monotonicMs() + deadlineMs;
    const leave = this.running.then(() => this.vendor.disconnect());
    const isClean = await settlesWithin(clock, endsAtMs - clock.monotonicMs(), leave);
    this.handle.sockets.close(isClean);
    return isClean ? 'clean' : 'forced';
  }

  /** Declares it dead, whatever it says of itself. */
  abandon(reason: unknown): void {
    this.crash(reason);
  }

  /** Gives the object up at once: nothing of it may live on beside its successor. */
  discard(): void {
    this.handle.sockets.close();
    this.vendor.disconnect().catch(() => undefined);
  }

  private async open(eachBatch: (payload: EachBatchPayload) => Promise<void>): Promise<void> {
    await registerCodecs();
    await this.vendor.connect();
    const { topics, startAt, wholeTopics = [] } = this.settings;
    // Anything else would jump to the end of the topic when a position is lost.
    const isWhole = (topic: string) => startAt !== 'latest' || wholeTopics.includes(topic);
    for (const fromBeginning of [false, true]) {
      const some = topics.filter((topic) => isWhole(topic) === fromBeginning);
      if (some.length > 0) await this.vendor.subscribe({ topics: some, fromBeginning });
    }
    await this.vendor.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: this.options.openBatches,
      eachBatch,
    });
  }

  private listen(events: SessionEvents): void {
    const { vendor } = this;
    vendor.on(vendor.events.CRASH, ({ payload }: ConsumerCrashEvent) => this.crash(payload.error));
    vendor.on(vendor.events.FETCH, ({ payload }) => events.fetched(payload.duration));
    vendor.on(vendor.events.REQUEST, ({ payload }) => {
      events.answered();
      if (payload.apiName === 'Heartbeat') events.heartbeat(payload.duration);
    });
  }
}
