import { DEAD_LETTER_HEADERS, deadLetterTopicOf } from 'millrace/pipeline';
import type {
  AdminPort,
  FetchedBatch,
  KafkaDriver,
  KafkaRecord,
  ReaderPort,
} from 'millrace/pipeline';
import type { ReadLimits, TopicPartition } from 'millrace/pipeline';

export interface GeneratedLogOptions {
  readonly partitions: number;
  readonly lettersPerPartition: number;
  readonly lettersPerFetch: number;
  /** Said of each record's value; the buffer itself is shared; unit bytes. */
  readonly valueBytes: number;
}

/** A dead letter topic of any size that is made while it is read, and remembers how it was read. */
export class GeneratedLog {
  readonly topic = deadLetterTopicOf('prices');
  /** Partitions in the order of their fetches. */
  readonly fetches: number[] = [];
  mostFetchesAtOnce = 0;
  private open = 0;
  private readonly value: Buffer;

  constructor(private readonly options: GeneratedLogOptions) {
    this.value = Buffer.alloc(options.valueBytes);
  }

  asDriver(): KafkaDriver {
    const { partitions, lettersPerPartition } = this.options;
    const range = { earliest: 0n, end: BigInt(lettersPerPartition) };
    const admin: Partial<AdminPort> = {
      listTopics: async () => [this.topic],
      offsets: async () =>
        new Map(Array.from({ length: partitions }, (_, partition) => [partition, range])),
    };
    const reader: ReaderPort = {
      read: (from, limits) => this.read(from, limits),
      close: async () => undefined,
    };
    return {
      address: 'generated',
      admin: () => admin,
      reader: () => reader,
    } as unknown as KafkaDriver;
  }

  private async read(
    { topic, partition, offset }: TopicPartition & { readonly offset: bigint },
    _limits: ReadLimits,
  ): Promise<FetchedBatch> {
    this.fetches.push(partition);
    this.open += 1;
    this.mostFetchesAtOnce = Math.max(this.mostFetchesAtOnce, this.open);
    await new Promise((resolve) => setImmediate(resolve));
    this.open -= 1;
    const { lettersPerPartition, lettersPerFetch, valueBytes } = this.options;
    const count = Math.min(lettersPerFetch, lettersPerPartition - Number(offset));
    const records = Array.from({ length: count }, (_, index) =>
      this.record(partition, offset + BigInt(index)),
    );
    const nextOffset = offset + BigInt(count);
    const highWatermark = BigInt(lettersPerPartition);
    return { topic, partition, records, nextOffset, highWatermark, bytes: count * valueBytes };
  }

  /** Partitions take turns in time. */
  private record(partition: number, offset: bigint): KafkaRecord {
    const timestampMs = Number(offset) * this.options.partitions + partition;
    const key = Buffer.from(String(timestampMs));
    return { offset, timestampMs, key, value: this.value, headers: HEADERS };
  }
}

const HEADERS: KafkaRecord['headers'] = [
  [DEAD_LETTER_HEADERS.reason, Buffer.from('malformed')],
  [DEAD_LETTER_HEADERS.errorCode, Buffer.from('CODEC_MALFORMED')],
  [DEAD_LETTER_HEADERS.consumerGroup, Buffer.from('metals')],
  [DEAD_LETTER_HEADERS.originalTopic, Buffer.from('prices')],
  [DEAD_LETTER_HEADERS.originalPartition, Buffer.from('0')],
  [DEAD_LETTER_HEADERS.originalOffset, Buffer.from('1')],
];
