import type { IHeaders, Message } from 'kafkajs';
import type { Headers, OutgoingRecord, PublishResult } from 'millrace/pipeline';

const BATCH_OVERHEAD_BYTES = 61;
const RECORD_OVERHEAD_BYTES = 21;
const HEADER_OVERHEAD_BYTES = 6;

/** Where a record that was accepted is: waiting, given to the client at least once, or answered. */
export const RECORD_STATES = ['queued', 'handed-over', 'settled'] as const;
export type RecordState = (typeof RECORD_STATES)[number];

/** One accepted record on its way to the brokers. */
export class PendingRecord {
  readonly topic: string;
  readonly bytes: number;
  /** kafkajs' shape; the partitioner writes its choice into it. */
  readonly message: Message;
  /** How often the client was given it; more than once = an earlier time may have written it. */
  handOvers = 0;
  private current: RecordState = 'queued';

  constructor(
    record: OutgoingRecord,
    publishedAtMs: number,
    private readonly onSettled: (record: PendingRecord, result: PublishResult) => void,
  ) {
    this.topic = record.topic;
    this.bytes = sizeOf(record);
    this.message = {
      key: record.key,
      value: record.value,
      headers: toVendorHeaders(record.headers),
      timestamp: String(record.timestampMs ?? publishedAtMs),
      ...(record.partition === undefined ? {} : { partition: record.partition }),
    };
  }

  get state(): RecordState {
    return this.current;
  }

  get isSettled(): boolean {
    return this.current === 'settled';
  }

  handOver(): void {
    this.handOvers += 1;
    if (this.current === 'queued') this.current = 'handed-over';
  }

  /** The first answer counts. */
  settle(result: PublishResult): void {
    if (this.current === 'settled') return;
    this.current = 'settled';
    this.onSettled(this, result);
  }
}

/** What the record takes in a batch of its own, at most; unit bytes. */
function sizeOf({ key, value, headers }: OutgoingRecord): number {
  let bytes = BATCH_OVERHEAD_BYTES + RECORD_OVERHEAD_BYTES;
  bytes += (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, content] of headers) {
    bytes += Buffer.byteLength(name) + (content?.length ?? 0) + HEADER_OVERHEAD_BYTES;
  }
  return bytes;
}

/** kafkajs cannot encode a null header value: it becomes an empty one. */
function toVendorHeaders(headers: Headers): IHeaders {
  const folded: Record<string, Buffer | Buffer[]> = {};
  for (const [name, content] of headers) {
    const value = content ?? Buffer.alloc(0);
    const present = folded[name];
    if (present === undefined) folded[name] = value;
    else if (Array.isArray(present)) present.push(value);
    else folded[name] = [present, value];
  }
  return folded;
}
