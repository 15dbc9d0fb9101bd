import type { Batch, KafkaMessage } from 'kafkajs';
import type { FetchedBatch, KafkaRecord } from 'millrace/pipeline';
import { decodedRangeOf } from '../decoder/decoded-message';
import { FetchedRecord } from './fetched-record';

interface BatchContext {
  readonly firstOffset: string;
  readonly lastOffsetDelta: number;
}

type VendorBatch = Batch & { readonly rawMessages?: readonly KafkaMessage[] };

/** Takes over what was decoded, or maps what kafkajs decoded itself. */
export function toFetchedBatch(batch: Batch): FetchedBatch {
  const { topic, partition } = batch;
  const range = decodedRangeOf(batch);
  if (range === null) return mapMessages(batch);
  return { topic, partition, highWatermark: BigInt(batch.highWatermark), ...range };
}

function mapMessages(batch: Batch): FetchedBatch {
  const { messages } = batch;
  const records: KafkaRecord[] = new Array<KafkaRecord>(messages.length);
  let bytes = 0;
  for (let index = 0; index < messages.length; index += 1) {
    const record = new FetchedRecord(messages[index] as KafkaMessage);
    records[index] = record;
    bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
  }
  return {
    topic: batch.topic,
    partition: batch.partition,
    records,
    nextOffset: nextOffsetOf(batch),
    highWatermark: BigInt(batch.highWatermark),
    bytes,
  };
}

/**
 * The offset behind the last record batch that was read, so that control records and records that
 * compaction removed at its end are stepped over once.
 */
function nextOffsetOf(batch: VendorBatch): bigint {
  const lastRead = BigInt(batch.lastOffset());
  const last = batch.rawMessages?.at(-1) as { readonly batchContext?: BatchContext } | undefined;
  const context = last?.batchContext;
  if (context === undefined) return lastRead + 1n;
  const lastOfBatch = BigInt(context.firstOffset) + BigInt(context.lastOffsetDelta);
  return (lastOfBatch > lastRead ? lastOfBatch : lastRead) + 1n;
}
