import { MAX_DECOMPRESSED_BYTES } from '../codecs/codec';
import type { Clock } from 'millrace/retry';
import type { AbortedTransaction } from './aborted-transactions';
import { Breather } from './breather';
import { DecodedMessage } from './decoded-message';
import { decodeRange } from './partition.decoder';
import type { DecodeBudget, FetchedRange } from './partition.decoder';
import { ResponseReader } from './response.reader';

/** Versions of the fetch protocol that are decoded here. */
export const FETCH_VERSIONS = { from: 4, to: 11 } as const;

/** After so many fetches the bytes at an offset will not get better. */
const HOPELESS_AFTER = 3;

export interface FetchDecoderOptions {
  readonly verifyCrc: boolean;
  readonly clock: Clock;
}

/** What was asked for; kafkajs' shape. */
export type FetchRequestTopics = ReadonlyArray<{
  readonly topic: string;
  readonly partitions: ReadonlyArray<{ readonly partition: number; readonly fetchOffset: string }>;
}>;

/** What kafkajs goes on with: one message per partition, which carries all of its records. */
export interface FetchResponse {
  readonly throttleTime: number;
  readonly clientSideThrottleTime?: number;
  readonly errorCode?: number;
  readonly sessionId?: number;
  readonly responses: ReadonlyArray<{
    readonly topicName: string;
    readonly partitions: readonly PartitionResponse[];
  }>;
}

interface PartitionResponse {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly lastStartOffset?: string;
  readonly abortedTransactions: readonly never[];
  readonly preferredReadReplica?: number;
  readonly messages: readonly DecodedMessage[];
}

/**
 * Decodes the answers of brokers to the fetches of one consumer, in place of kafkajs.
 *
 * Promises: no input makes it throw after the header of the answer; one that is large lets the
 * event loop run; nothing is decoded beyond 64 MiB per answer; headers cost nothing until read.
 */
export class FetchDecoder {
  /** Offsets at which no batch could be told from the bytes, with the number of times. */
  private readonly unusable = new Map<string, { offset: bigint; seen: number }>();

  constructor(private readonly options: FetchDecoderOptions) {}

  async decode(version: number, raw: Buffer, asked: FetchRequestTopics): Promise<FetchResponse> {
    const reader = new ResponseReader(raw);
    const throttleMs = reader.int32();
    const session = version >= 7 ? { errorCode: reader.int16(), sessionId: reader.int32() } : {};
    const budget = { bytesLeft: MAX_DECOMPRESSED_BYTES };
    const breather = new Breather(this.options.clock);
    const responses: Array<{ topicName: string; partitions: PartitionResponse[] }> = [];
    for (let topics = reader.int32(); topics > 0; topics -= 1) {
      const topicName = reader.text();
      const partitions: PartitionResponse[] = [];
      for (let count = reader.int32(); count > 0; count -= 1) {
        const header = partitionHeader(reader, version);
        const first = offsetAsked(asked, topicName, header.partition);
        const range = { ...header, first, bytes: reader.chunk() };
        const messages = await this.messagesOf(topicName, range, budget, breather);
        partitions.push({ ...header.answer, messages });
      }
      responses.push({ topicName, partitions });
    }
    // From version 8 on the broker does not wait: the client is asked to.
    return version >= 8
      ? { throttleTime: 0, clientSideThrottleTime: throttleMs, ...session, responses }
      : { throttleTime: throttleMs, ...session, responses };
  }

  private async messagesOf(
    topic: string,
    range: FetchedRange & { readonly partition: number },
    budget: DecodeBudget,
    breather: Breather,
  ): Promise<readonly DecodedMessage[]> {
    if (range.bytes.length === 0) return [];
    const decoded = await decodeRange(range, {
      verifyCrc: this.options.verifyCrc,
      budget,
      breather,
      isHopeless: (offset) => this.isHopeless(`${range.partition}@${topic}`, offset),
    });
    return decoded === null ? [] : [new DecodedMessage(decoded)];
  }

  private isHopeless(key: string, offset: bigint): boolean {
    const before = this.unusable.get(key);
    const seen = before?.offset === offset ? before.seen + 1 : 1;
    this.unusable.set(key, { offset, seen });
    return seen >= HOPELESS_AFTER;
  }
}

function partitionHeader(reader: ResponseReader, version: number) {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = String(reader.int64());
  const start = version >= 5 ? { lastStartOffset: String(reader.int64()) } : {};
  const aborted: AbortedTransaction[] = [];
  for (let count = reader.int32(); count > 0; count -= 1) {
    aborted.push({ producerId: reader.int64(), firstOffset: reader.int64() });
  }
  const replica = version >= 11 ? { preferredReadReplica: reader.int32() } : {};
  return {
    partition,
    highWatermark,
    aborted,
    answer: {
      partition,
      errorCode,
      highWatermark: String(highWatermark),
      lastStableOffset,
      ...start,
      // Taken out already.
      abortedTransactions: [],
      ...replica,
    },
  };
}

function offsetAsked(asked: FetchRequestTopics, topicName: string, partition: number): bigint {
  for (const { topic, partitions } of asked) {
    if (topic !== topicName) continue;
    const found = partitions.find((one) => one.partition === partition);
    if (found !== undefined) return BigInt(found.fetchOffset);
  }
  return 0n;
}
