import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { Headers, KafkaRecord } from 'millrace/pipeline';

const NO_HEADERS: Headers = Object.freeze([]);

/** A record as kafkajs decoded it; headers are looked at when somebody asks for them. */
export class FetchedRecord implements KafkaRecord {
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  private decoded: Headers | undefined;
  private readonly vendorHeaders: IHeaders | undefined;

  constructor(message: KafkaMessage) {
    this.offset = BigInt(message.offset);
    this.timestampMs = Number(message.timestamp);
    this.key = message.key;
    this.value = message.value;
    this.vendorHeaders = message.headers;
    this.decoded = undefined;
  }

  get headers(): Headers {
    this.decoded ??= toHeaders(this.vendorHeaders);
    return this.decoded;
  }

  header(name: string): Buffer | null {
    const content = this.vendorHeaders?.[name];
    return toBuffer(Array.isArray(content) ? content.at(-1) : content);
  }
}

/** kafkajs folds a repeated name into an array. */
function toHeaders(vendor: IHeaders | undefined): Headers {
  if (vendor === undefined) return NO_HEADERS;
  const headers: Array<readonly [string, Buffer | null]> = [];
  for (const name in vendor) {
    const content = vendor[name];
    if (Array.isArray(content)) {
      for (const item of content) headers.push([name, toBuffer(item)]);
    } else {
      headers.push([name, toBuffer(content)]);
    }
  }
  return headers;
}

function toBuffer(content: Buffer | string | null | undefined): Buffer | null {
  if (content === null || content === undefined) return null;
  return typeof content === 'string' ? Buffer.from(content) : content;
}
