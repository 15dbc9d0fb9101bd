import { DecodedMessage } from '../decoder/decoded-message';
import { BrokerContact } from '../kafka.contact';
import { resolveKafkaOptions } from '../kafka.options';
import { ClientSource } from '../kafkajs.client';
import type { VendorClient } from '../kafkajs.client';
import type { OwnClusterInternals } from '../kafkajs.internals';
import { KafkajsReader } from '../reader/kafkajs.reader';
import { ReaderConnection } from '../reader/reader.connection';
import { ManualClock } from './manual-clock';

/** What a broker answers to one fetch: the error of kafkajs, or records from the offset to `next`. */
export type FetchScript = (offset: bigint, leader: string) => Error | { readonly next: bigint };

/** A reader over clusters that answer as a spec says. */
export class ReaderScene {
  readonly clock = new ManualClock();
  readonly log: string[] = [];
  /** Leader of the partition, as the brokers would say now. */
  leader = '1';
  /** Makes the next connections fail. */
  isDown: Error | null = null;
  earliest = 0n;
  end = 10n;
  script: FetchScript = (offset) => ({ next: offset + 1n });
  readonly reader: KafkajsReader;

  constructor() {
    const options = resolveKafkaOptions({ brokers: ['a:1'] });
    const createClient = () => this.client() as unknown as VendorClient;
    const source = new ClientSource(
      options,
      () => () => undefined,
      { context: null, vendorConfig: {} },
      this.clock,
      createClient,
    );
    this.reader = new KafkajsReader({
      connection: new ReaderConnection(source, options.consumer, this.clock),
      contact: new BrokerContact(this.clock),
      clock: this.clock,
      rackId: '',
      onClosed: () => void this.log.push('closed'),
    });
  }

  private client(): object {
    const name = Symbol('private:Kafka:createCluster');
    return { [name]: () => this.cluster() };
  }

  private cluster(): OwnClusterInternals {
    let known = this.leader;
    return {
      connect: async () => {
        this.log.push('connect');
        if (this.isDown !== null) throw this.isDown;
      },
      disconnect: async () => void this.log.push('disconnect'),
      addTargetTopic: async () => undefined,
      refreshMetadataIfNecessary: async () => undefined,
      refreshMetadata: async () => {
        this.log.push('refresh');
        known = this.leader;
      },
      findLeaderForPartitions: (_topic, [partition = 0]) =>
        partition === 0 ? { [known]: [partition] } : {},
      findBroker: async ({ nodeId }) => ({
        lookupRequest: () => () => ({}) as never,
        fetch: async (request) => this.answer(request, nodeId),
      }),
      fetchTopicsOffset: async ([asked]) => {
        const offset = asked?.fromBeginning === true ? this.earliest : this.end;
        return [{ partitions: [{ partition: 0, offset: String(offset) }] }];
      },
    };
  }

  private answer(request: object, nodeId: string): unknown {
    const { topics } = request as {
      topics: ReadonlyArray<{
        topic: string;
        partitions: ReadonlyArray<{ partition: number; fetchOffset: string }>;
      }>;
    };
    const [asked] = topics;
    const offset = BigInt(asked?.partitions[0]?.fetchOffset ?? 0);
    this.log.push(`fetch ${offset} from ${nodeId}`);
    const answer = this.script(offset, nodeId);
    if (answer instanceof Error) throw answer;
    const range = { records: [], nextOffset: answer.next, bytes: 0 };
    const messages = answer.next > offset ? [new DecodedMessage(range)] : [];
    const end = String(this.end);
    const partition = { partition: 0, highWatermark: end, lastStableOffset: end, messages };
    return { responses: [{ topicName: asked?.topic, partitions: [partition] }] };
  }
}
