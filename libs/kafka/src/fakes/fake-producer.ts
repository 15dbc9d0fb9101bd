import type { Message, Producer, ProducerConfig, ProducerRecord, RecordMetadata } from 'kafkajs';
import type { FakeCluster } from './fake-cluster';

/** What a spec does to one send: answer otherwise, fail, or wait. */
export type SendScript = (
  record: ProducerRecord,
  answer: readonly RecordMetadata[],
  call: number,
) => readonly RecordMetadata[] | Promise<readonly RecordMetadata[]>;

/** kafkajs' producer over the logs of a {@link FakeCluster}. */
export class FakeProducer {
  isConnected = false;
  readonly sent: ProducerRecord[] = [];
  private readonly partitioner: ReturnType<NonNullable<ProducerConfig['createPartitioner']>>;

  constructor(
    private readonly cluster: FakeCluster,
    readonly config: ProducerConfig,
  ) {
    const { createPartitioner } = config;
    if (createPartitioner === undefined) throw new Error('a partitioner is expected');
    this.partitioner = createPartitioner();
  }

  asVendor(): Producer {
    return {
      events: { REQUEST: 'producer.network.request' },
      on: () => () => undefined,
      connect: () => this.connect(),
      disconnect: () => this.disconnect(),
      send: (record: ProducerRecord) => this.send(record),
    } as unknown as Producer;
  }

  private async connect(): Promise<void> {
    if (this.cluster.isDown) throw connectionError();
    this.isConnected = true;
  }

  private async disconnect(): Promise<void> {
    this.isConnected = false;
  }

  private async send(record: ProducerRecord): Promise<RecordMetadata[]> {
    this.sent.push(record);
    const call = this.cluster.sends.push(record);
    const answer = this.write(record);
    return [...(await this.cluster.script(record, answer, call))];
  }

  private write({ topic, messages }: ProducerRecord): readonly RecordMetadata[] {
    const byPartition = new Map<number, Message[]>();
    for (const message of messages) {
      const partitionMetadata = this.cluster.partitionsOf(topic);
      const partition = this.partitioner({ topic, partitionMetadata, message });
      byPartition.set(partition, [...(byPartition.get(partition) ?? []), message]);
    }
    return [...byPartition].map(([partition, batch]) => ({
      topicName: topic,
      partition,
      errorCode: 0,
      baseOffset: String(this.cluster.append(topic, partition, batch)),
    }));
  }
}

/** As kafkajs throws it when nothing listens. */
export function connectionError(): Error {
  return vendorError('KafkaJSConnectionError', 'Connection error: connect ECONNREFUSED');
}

/** An error with the fields that kafkajs' own have. */
export function vendorError(name: string, message: string, type?: string): Error {
  return Object.assign(new Error(message), { name, ...(type === undefined ? {} : { type }) });
}

/** A protocol error as kafkajs throws it, wrapped by its retrier. */
export function protocolError(type: string, message: string = type): Error {
  const inner = vendorError('KafkaJSProtocolError', message, type);
  const outer = vendorError('KafkaJSNonRetriableError', message);
  outer.cause = inner;
  return outer;
}
