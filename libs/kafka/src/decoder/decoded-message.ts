import type { Batch } from 'kafkajs';
import type { DecodedRange } from './partition.decoder';

const NO_BATCH = Object.freeze({});

/**
 * What kafkajs carries from the decoder to the batch call: one message in place of all records of
 * a partition, at the last offset of the range. A range without a record looks like a control
 * record, which kafkajs steps over by itself.
 */
export class DecodedMessage {
  readonly offset: string;
  readonly timestamp = '0';
  readonly key = null;
  readonly value = null;
  readonly headers = NO_BATCH;
  readonly batchContext = NO_BATCH;
  readonly isControlRecord: boolean;

  constructor(readonly range: DecodedRange) {
    this.offset = String(range.nextOffset - 1n);
    this.isControlRecord = range.records.length === 0;
  }
}

/** The records of a batch of kafkajs; null when kafkajs decoded it itself. */
export function decodedRangeOf(batch: Batch): DecodedRange | null {
  const message: unknown = batch.messages[0];
  return message instanceof DecodedMessage ? message.range : null;
}
