import { Metrics } from 'millrace/metrics';
import type { Clock } from 'millrace/retry';
import { DeadLetterWriter } from '../failures/dead-letter.writer';
import type { FailureOrigin } from '../failures/dead-letter.headers';
import type { Dependency } from '../ports/dependency';
import type { KafkaRecord } from '../ports/record';
import { Gates } from '../gates/gates';
import type { Handling } from '../handling/handling';
import { PipelineEvents } from '../pipeline.events';
import type { SliceFinished } from '../pipeline.events';
import { pipelineMetrics } from '../pipeline.metrics';
import { DEFAULT_POLICY } from '../failures/policy';
import type { ErrorPolicy } from '../failures/policy';
import type { HandlingScope } from '../records/record-context';
import { contractReader } from '../records/record-reader';
import { RetryTopicReader } from '../records/retry-topic.reader';
import { RetryTopicWriter } from '../failures/retry-topic.writer';
import { retryTiersOf } from '../failures/retry-topics';
import type { SettlementParts } from '../failures/settlement';
import { DEAD_LETTER_DEPENDENCY, Settlement } from '../failures/settlement';
import { SliceWorker } from '../lanes/slice.worker';
import type { Subscription } from '../subscription';
import { FakeProducer } from './fake-producer';
import { READING } from './records';

export const ORIGIN: FailureOrigin = {
  groupId: 'lab',
  pipeline: 'lab',
  contract: 'lab.reading.taken v1',
  serviceVersion: '1.0.0',
};

export const READER_OPTIONS = { maxRecordBytes: 1_000, topicEpoch: 1 };

const SUBSCRIPTION: Subscription = {
  topic: 'readings',
  options: { groupId: 'lab' },
  pipeline: 'lab',
  contract: READING,
  name: 'Lab.onReading',
  target: { kind: 'record', handler: async () => undefined },
};

/** A settlement and a slice worker around one handling, with everything else faked. */
export class SettlementScene {
  readonly producer = new FakeProducer();
  readonly metrics = pipelineMetrics(new Metrics());
  readonly finished: SliceFinished[] = [];
  readonly abort = new AbortController();
  readonly settlement: Settlement;
  readonly worker: SliceWorker;
  private readonly stoppingWorker: SliceWorker;
  readonly gates: Gates;
  /** What a probe of the store says. */
  isStoreUp = true;
  isDeadLetterTopicUp = true;
  probes = 0;

  constructor(
    clock: Clock,
    handling: Handling,
    onError: ErrorPolicy = DEFAULT_POLICY,
    /** Reads the retry topic of this number in place of the source topic. */
    retryTier?: number,
    more: Partial<SettlementParts> = {},
  ) {
    const dependencies = new Map<string, Dependency>([
      ['store', this.dependency('store', () => this.isStoreUp)],
      [
        DEAD_LETTER_DEPENDENCY,
        this.dependency(DEAD_LETTER_DEPENDENCY, () => this.isDeadLetterTopicUp),
      ],
    ]);
    const random = () => 0.5;
    this.gates = new Gates(dependencies, clock, random, () => undefined);
    const parts: SettlementParts = {
      handling,
      policy: onError,
      deadLetters: new DeadLetterWriter(this.producer, clock),
      retryTopics: new RetryTopicWriter(this.producer, clock),
      tiers: retryTiersOf('readings', { groupId: 'lab', onError }),
      origin: ORIGIN,
      permanentReason: 'handler-permanent',
      gates: this.gates,
      dependencies,
      metrics: this.metrics,
      clock,
      random,
      ...more,
    };
    this.settlement = new Settlement(parts);
    const events = new PipelineEvents();
    events.on('finished', (event) => this.finished.push(event));
    const read = contractReader(READING, READER_OPTIONS);
    const stage =
      retryTier === undefined ? {} : { stage: new RetryTopicReader(read, retryTier, 'lab') };
    const workerOf = (onUndecodable: 'quarantine' | 'stop') =>
      new SliceWorker({
        ...parts,
        ...stage,
        subscription: { ...SUBSCRIPTION, options: { groupId: 'lab', onUndecodable } },
        read,
        settlement: this.settlement,
        events,
      });
    this.worker = workerOf('quarantine');
    this.stoppingWorker = workerOf('stop');
  }

  /** Resolves when every record has a durable outcome. */
  async process(records: readonly KafkaRecord[], scope: HandlingScope): Promise<void> {
    const rest = await this.worker.process(records, scope);
    await rest?.durable;
  }

  /** The same with `onUndecodable: 'stop'`. */
  async processStopping(records: readonly KafkaRecord[], scope: HandlingScope): Promise<void> {
    const rest = await this.stoppingWorker.process(records, scope);
    await rest?.durable;
  }

  get scope(): HandlingScope {
    return { topic: 'readings', partition: 0, groupId: 'lab', signal: this.abort.signal };
  }

  /** `<offset> <reason> <attempts>` of every dead letter. */
  get deadLetters(): string[] {
    return this.producer.published.map(({ headers }) => {
      const texts = new Map(headers.map(([name, value]) => [name, value?.toString()]));
      const fields = ['original-offset', 'reason', 'attempts'];
      return fields.map((field) => texts.get(`dead-letter-${field}`)).join(' ');
    });
  }

  private dependency(name: string, isUp: () => boolean): Dependency {
    return {
      name,
      probe: async () => {
        this.probes += 1;
        if (!isUp()) throw new Error(`${name} is away`);
      },
      owns: ({ code }) => name === 'store' && code === 'SINK_AWAY',
    };
  }
}
