import { EVENT_HEADERS } from 'millrace/contracts';
import type { FirstFailure } from '../failures/first-failure';
import { firstFailureOf } from '../failures/first-failure';
import type { KafkaRecord, TopicPartition } from '../ports/record';
import { RetryRecordInvalidError } from '../pipeline.errors';
import type { PipelineRecord } from './pipeline-record';
import { headerText } from './pipeline-record';
import type { RecordReader, Unreadable } from './record-reader';

/** A record of a retry topic: read, unreadable, or addressed to another group. */
export type RetryRead =
  | { readonly kind: 'record'; readonly record: PipelineRecord; readonly first: FirstFailure }
  | { readonly kind: 'unreadable'; readonly unreadable: Unreadable; readonly first?: FirstFailure }
  | { readonly kind: 'foreign' };

/**
 * Reads records of one retry topic: whose it is, since when it fails, and what it was at first.
 *
 * Its identity is the one of its first reading, wherever it lies now.
 */
export class RetryTopicReader {
  constructor(
    private readonly inner: RecordReader,
    private readonly tier: number,
    private readonly groupId: string,
  ) {}

  read(record: KafkaRecord, source: TopicPartition): RetryRead {
    const first = record.undecodable === undefined ? firstFailureOf(record) : null;
    if (first !== null && first.groupId !== this.groupId) return { kind: 'foreign' };
    const read = this.inner(record, source);
    if ('error' in read) {
      return { kind: 'unreadable', unreadable: read, ...(first === null ? {} : { first }) };
    }
    if (first === null) {
      const error = new RetryRecordInvalidError();
      const unreadable = { reason: 'malformed' as const, error, eventId: read.eventId };
      return { kind: 'unreadable', unreadable };
    }
    const hasOwnId = headerText(record, EVENT_HEADERS.id) !== null;
    const eventId = hasOwnId ? read.eventId : (first.eventId ?? read.eventId);
    return { kind: 'record', record: { ...read, eventId, first, retryTier: this.tier }, first };
  }
}
