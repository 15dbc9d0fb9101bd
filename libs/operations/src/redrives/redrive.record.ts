import { DEAD_LETTER_HEADERS } from 'millrace/pipeline';
import type { OutgoingRecord } from 'millrace/pipeline';
import type { DeadLetter } from '../dead-letters/dead-letter';

/** Of the dead letter alone, or written anew. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  DEAD_LETTER_HEADERS.reason,
  DEAD_LETTER_HEADERS.redriveCount,
  DEAD_LETTER_HEADERS.redriveId,
  DEAD_LETTER_HEADERS.dueAt,
  DEAD_LETTER_HEADERS.tier,
]);

/**
 * The record that goes back: key, value and all headers as they are, those of the first failure
 * included, with one redrive more.
 */
export function redrivenRecord(
  { record, redriveCount }: DeadLetter,
  topic: string,
  jobId: string,
): OutgoingRecord {
  const added = [
    [DEAD_LETTER_HEADERS.redriveCount, String(redriveCount + 1)],
    [DEAD_LETTER_HEADERS.redriveId, jobId],
    [DEAD_LETTER_HEADERS.tier, '0'],
  ] as const;
  return {
    topic,
    key: record.key,
    value: record.value,
    headers: [
      ...record.headers.filter(([name]) => !LEFT_OUT.has(name)),
      ...added.map(([name, text]) => [name, Buffer.from(text)] as const),
    ],
  };
}
