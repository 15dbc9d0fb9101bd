import type {
  BatchHandler,
  ConsumerEvents,
  ConsumerPort,
  ConsumerSettings,
  TopicPartition,
} from 'millrace/pipeline';
import { registerCodecs } from '../codecs/register-codecs';
import type { KafkaOverrides } from '../kafka.options';
import { KafkajsDriver } from '../kafkajs.driver';
import { FakeCluster } from './fake-cluster';
import type { FakeConsumer } from './fake-consumer';
import { ManualClock, settle } from './manual-clock';

/** `p(0)` is partition 0 of the topic `prices`. */
export const p = (partition: number): TopicPartition => ({ topic: 'prices', partition });

/** Takes every batch and reads on. */
export const takeAll: BatchHandler = (batch) => Promise.resolve({ resume: batch.nextOffset });

type Told = {
  [E in keyof ConsumerEvents]: { readonly event: E; readonly payload: ConsumerEvents[E] };
}[keyof ConsumerEvents];

/** A consumer of group `g` on a fake client, in fake time. */
export class ConsumerScene {
  readonly cluster = new FakeCluster().topic('prices');
  readonly clock = new ManualClock();
  readonly told: Told[] = [];
  readonly driver: KafkajsDriver;
  readonly consumer: ConsumerPort;

  constructor(options: KafkaOverrides = {}, settings: Partial<ConsumerSettings> = {}) {
    this.driver = new KafkajsDriver(options, {
      clock: this.clock,
      random: () => 0.5,
      createClient: this.cluster.createClient,
    });
    this.consumer = this.driver.consumer({ groupId: 'g', topics: ['prices'], ...settings });
    const events = ['joined', 'rebalancing', 'offsetLost', 'crashed', 'heartbeat'] as const;
    for (const event of events) {
      this.consumer.on(event, (payload) => {
        this.told.push({ event, payload } as Told);
      });
    }
  }

  /** The client's consumer of now. */
  get vendor(): FakeConsumer {
    const vendor = this.cluster.consumers.at(-1);
    if (vendor === undefined) throw new Error('no consumer was made');
    return vendor;
  }

  events(event: Told['event']): ReadonlyArray<Told['payload']> {
    return this.told.filter((one) => one.event === event).map(({ payload }) => payload);
  }

  /** The first start in a process compiles WebAssembly, which takes real time. */
  async joinable(): Promise<void> {
    await registerCodecs();
  }

  /** Joins and takes one batch; answers with the signal that its handler was given. */
  async joinedWithABatch(): Promise<AbortSignal> {
    const signals: AbortSignal[] = [];
    await this.joined((batch, control) => {
      signals.push(control.signal);
      return takeAll(batch, control);
    });
    await this.vendor.deliver(p(0), [5]);
    const [signal] = signals;
    if (signal === undefined) throw new Error('no batch was handed out');
    return signal;
  }

  /** Starts and joins with partitions 0, 1 and 2. */
  async joined(handler: BatchHandler = takeAll): Promise<void> {
    await this.joinable();
    const started = this.consumer.start(handler);
    await settle();
    await this.vendor.join([p(0), p(1), p(2)]);
    await started;
  }
}
