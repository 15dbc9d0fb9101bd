import { DEAD_LETTER_HEADERS, deadLetterTopicOf } from 'millrace/pipeline';
import type { Headers, LetterPosition } from 'millrace/pipeline';
import { FakeClock, MemoryBroker, MemoryDriver, MemoryParkedLetters } from 'millrace/testing';
import type { DeadLetterFilter } from '../dead-letters/dead-letter';
import { createOperations } from '../operations';
import type { Operations, OperationsParts } from '../operations';

type Text = Partial<Record<keyof typeof DEAD_LETTER_HEADERS, string>>;

/** What is different about a letter; everything else is as a pipeline writes it. */
export interface LetterParts {
  readonly headers?: Text;
  /** Before ours. */
  readonly others?: Headers;
  readonly key?: string | null;
  readonly value?: string | Buffer | null;
  readonly partition?: number;
  readonly timestampMs?: number;
}

const USUAL: Text = {
  reason: 'contract-invalid',
  errorCode: 'CONTRACT_INVALID',
  errorClass: 'ContractInvalidError',
  errorMessage: 'price must be above 0',
  originalTopic: 'prices',
  originalPartition: '3',
  originalOffset: '9007199254740993',
  originalTimestamp: '2026-01-01T00:00:00.000Z',
  consumerGroup: 'metals',
  pipeline: 'metals',
  attempts: '1',
  failedAt: '2026-01-01T00:00:02.000Z',
  firstFailedAt: '2026-01-01T00:00:01.000Z',
  eventId: 'event-1',
  contract: 'metals.price.quoted v2',
};

/** Dead letters in a broker in memory, and operations on them. */
export class LetterScene {
  readonly clock = new FakeClock();
  readonly broker = new MemoryBroker({ clock: this.clock });
  readonly driver = new MemoryDriver({ broker: this.broker });
  readonly parked = new MemoryParkedLetters();
  readonly audited: Array<{ readonly action: string; readonly target: unknown }> = [];
  readonly operations: Operations;

  constructor(parts: Partial<OperationsParts> = {}) {
    this.operations = createOperations({
      driver: this.driver,
      clock: this.clock,
      random: () => 0,
      parked: this.parked,
      audit: { append: async (entry) => void this.audited.push(entry), list: async () => [] },
      ...parts,
    });
  }

  get letters(): Operations['deadLetters'] {
    return this.operations.deadLetters;
  }

  /** A source topic with its dead letter topic. */
  topic(source = 'prices', partitions = 1): this {
    this.broker.createTopic({ topic: source, partitions });
    this.broker.createTopic({ topic: deadLetterTopicOf(source), partitions });
    return this;
  }

  /** Appends one letter; a source topic other than `prices` is named in front. */
  letter(parts: LetterParts = {}, source = 'prices'): LetterPosition {
    const { headers = {}, others = [], partition = 0, timestampMs } = parts;
    const texts = { ...USUAL, originalTopic: source, ...headers };
    const ours = Object.entries(texts).map(
      ([name, text]) => [DEAD_LETTER_HEADERS[name as keyof Text], Buffer.from(text)] as const,
    );
    return this.append(
      deadLetterTopicOf(source),
      { ...parts, headers: [...others, ...ours] },
      partition,
      timestampMs,
    );
  }

  /** Appends what is no dead letter. */
  foreign(headers: Headers = [], value = 'foreign'): LetterPosition {
    return this.append(deadLetterTopicOf('prices'), { value, key: null, headers }, 0, undefined);
  }

  /** Keys of the letters that fit. */
  async keys(filter?: DeadLetterFilter): Promise<ReadonlyArray<string | null>> {
    const keys: Array<string | null> = [];
    for await (const { key } of this.letters.scan(filter)) keys.push(key);
    return keys;
  }

  private append(
    topic: string,
    {
      key = 'key',
      value = '{"price":-1}',
      headers,
    }: Pick<LetterParts, 'key' | 'value'> & { headers: Headers },
    partition: number,
    timestampMs: number | undefined,
  ): LetterPosition {
    return this.broker.append(topic, {
      key: key === null ? null : Buffer.from(key),
      value: value === null || Buffer.isBuffer(value) ? value : Buffer.from(value),
      headers,
      partition,
      ...(timestampMs === undefined ? {} : { timestampMs }),
    });
  }
}
