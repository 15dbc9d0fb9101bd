import type { KafkaRecord, Offset, TopicPartition } from 'millrace/pipeline';
import { MemoryUndecodableError } from '../testing.errors';
import type { LogSlice, PartitionLog } from './partition-log';

/**
 * What a fetch at an offset brings: records, or one that stands for the range which begins there
 * and cannot be decoded.
 *
 * @returns null when there is nothing (yet).
 */
export function fetchSlice(
  log: PartitionLog,
  target: TopicPartition,
  offset: Offset,
  limits: { readonly maxBytes: number; readonly maxRecords: number },
): LogSlice | null {
  const slice = log.read(offset, limits);
  return slice.records.length > 0 ? slice : standIn(log, target, offset);
}

function standIn(log: PartitionLog, target: TopicPartition, offset: Offset): LogSlice | null {
  const range = log.unreadableAround(offset);
  if (range === null || offset >= log.end) return null;
  const { first } = range;
  const next = range.next < log.end ? range.next : log.end;
  const { topic, partition } = target;
  const error = new MemoryUndecodableError({ where: `${topic}/${partition}@${offset}` });
  const undecodable = { first, next, records: Number(next - first), error };
  const bare = { timestampMs: 0, key: null, value: null, headers: [] };
  const record: KafkaRecord = { ...bare, offset, undecodable };
  return { records: [record], nextOffset: next, bytes: 0 };
}
