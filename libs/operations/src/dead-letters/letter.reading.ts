import { DEAD_LETTER_HEADERS, DEAD_LETTER_REASONS, headerText } from 'millrace/pipeline';
import type { DeadLetterReason, KafkaRecord, TopicPartition } from 'millrace/pipeline';
import { plainText } from '../plain-text';
import type { DeadLetter, OriginalPosition } from './dead-letter';

type Name = keyof typeof DEAD_LETTER_HEADERS;

/** Longest text that is taken over from one header; unit characters. */
const MAX_CHARACTERS = 2_048;

/** Reads a record of a dead letter topic, whoever wrote it; never throws. */
export function readLetter(
  source: TopicPartition,
  record: KafkaRecord,
  parked: boolean,
): DeadLetter {
  const headers = new LetterHeaders(record);
  const { topic, partition } = source;
  return {
    position: { topic, partition, offset: record.offset },
    timestampMs: record.timestampMs,
    reason: headers.reason(),
    errorCode: headers.text('errorCode'),
    errorMessage: headers.plain('errorMessage'),
    groupId: headers.required('consumerGroup'),
    pipeline: headers.text('pipeline'),
    original: headers.original(),
    key: record.key?.toString('utf8') ?? null,
    eventId: headers.text('eventId'),
    contract: headers.text('contract'),
    attempts: headers.count('attempts'),
    redriveCount: headers.count('redriveCount') ?? 0,
    failedAt: headers.time('failedAt'),
    firstFailedAt: headers.time('firstFailedAt'),
    truncated: headers.text('truncated'),
    valueBytes: record.value?.length ?? 0,
    parked,
    problems: headers.problems,
    record,
  };
}

/** Headers as far as they make sense, and what is wrong with the others. */
class LetterHeaders {
  readonly problems: string[] = [];

  constructor(private readonly record: KafkaRecord) {
    const { malformed, undecodable } = record;
    if (malformed !== undefined) this.problems.push(`the record is malformed: ${malformed}`);
    if (undecodable === undefined) return;
    const { first, next, error } = undecodable;
    this.problems.push(`offsets ${first} to ${next - 1n} cannot be decoded: ${error.code}`);
  }

  text(name: Name): string | null {
    const text = headerText(this.record, DEAD_LETTER_HEADERS[name]);
    return text === null ? null : text.slice(0, MAX_CHARACTERS);
  }

  plain(name: Name): string | null {
    const text = this.text(name);
    return text === null ? null : plainText(text);
  }

  required(name: Name): string | null {
    const text = this.text(name);
    if (text === null) this.missing(name);
    return text;
  }

  reason(): DeadLetterReason | null {
    const text = this.required('reason');
    const reason = DEAD_LETTER_REASONS.find((known) => known === text);
    if (text !== null && reason === undefined) this.wrong('reason');
    return reason ?? null;
  }

  count(name: Name): number | null {
    const text = this.text(name);
    if (text === null) return null;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    this.wrong(name);
    return null;
  }

  time(name: Name): Date | null {
    const text = this.text(name);
    if (text === null) return null;
    const time = new Date(text);
    if (!Number.isNaN(time.getTime())) return time;
    this.wrong(name);
    return null;
  }

  original(): OriginalPosition | null {
    const topic = this.required('originalTopic');
    const partition =
      this.required('originalPartition') === null ? null : this.count('originalPartition');
    const offset = this.required('originalOffset');
    if (topic === null || partition === null || offset === null) return null;
    if (!/^\d{1,19}$/.test(offset)) {
      this.wrong('originalOffset');
      return null;
    }
    const timestamp = this.text('originalTimestamp') ?? '';
    return { topic, partition, offset: BigInt(offset), timestamp };
  }

  private missing(name: Name): void {
    this.problems.push(`${DEAD_LETTER_HEADERS[name]} is missing`);
  }

  private wrong(name: Name): void {
    this.problems.push(`${DEAD_LETTER_HEADERS[name]} makes no sense`);
  }
}
