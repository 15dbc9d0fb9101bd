import type { RecordMetadata } from 'kafkajs';
import type { PendingRecord } from './pending-record';

/**
 * Settles the records whose partition has answered.
 *
 * The promise of a send resolves even when the answer of a partition is missing: kafkajs drops a
 * partition whose leader moved to a broker that had answered before. Only an answer counts.
 *
 * @param sent - in the order of the send; the partition is written in each message.
 * @returns the records that still owe an answer, in order.
 */
export function settleAnswered(
  topic: string,
  sent: readonly PendingRecord[],
  answers: readonly RecordMetadata[],
): readonly PendingRecord[] {
  const nextOffset = new Map<number, bigint>();
  for (const { topicName, partition, errorCode, baseOffset, offset } of answers) {
    if (topicName !== topic || errorCode !== 0) continue;
    nextOffset.set(partition, BigInt(baseOffset ?? offset ?? -1));
  }
  const unanswered: PendingRecord[] = [];
  for (const record of sent) {
    const { partition } = record.message;
    const recordOffset = partition === undefined ? undefined : nextOffset.get(partition);
    if (partition === undefined || recordOffset === undefined) {
      unanswered.push(record);
      continue;
    }
    nextOffset.set(partition, recordOffset + 1n);
    record.settle({ status: 'acked', topic, partition, offset: recordOffset });
  }
  return unanswered;
}
