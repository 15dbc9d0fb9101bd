import type { MillraceError } from 'millrace/errors';
import type { KafkaRecord, UndecodableRange } from 'millrace/pipeline';
import { BatchFrameBrokenError } from '../errors/codec.errors';
import { translateError } from '../kafka.translation';
import { AbortedTransactions } from './aborted-transactions';
import type { AbortedTransaction } from './aborted-transactions';
import { decodeBatch } from './batch.decoder';
import type { BatchDecoderOptions, DecodedBatch } from './batch.decoder';
import { frameAt, suspectedRange } from './batch-frame';
import type { BatchFrame } from './batch-frame';
import { UndecodableRecord } from './lean-record';

/** What a record costs in memory beside its bytes; unit bytes. */
const RECORD_COST_BYTES = 128;

/** Memory that one response may still be decoded into; what does not fit is fetched again. */
export interface DecodeBudget {
  bytesLeft: number;
}

/** What a fetch brought for one partition. */
export interface FetchedRange {
  /** The offset that was asked for. */
  readonly first: bigint;
  readonly highWatermark: bigint;
  readonly aborted: readonly AbortedTransaction[];
  readonly bytes: Buffer;
}

/** The readable part of it, in order. */
export interface DecodedRange {
  readonly records: readonly KafkaRecord[];
  /** Behind everything that was looked at, whether it gave a record or not. */
  readonly nextOffset: bigint;
  /** Of keys and values; unit bytes. */
  readonly bytes: number;
}

export interface PartitionDecoderOptions extends BatchDecoderOptions {
  readonly budget: DecodeBudget;
  /** True when the bytes at this offset were unusable so often that they will not get better. */
  readonly isHopeless: (offset: bigint) => boolean;
}

/**
 * Decodes what a fetch brought for one partition.
 *
 * Promises: never throws; a batch that cannot be decoded is one record that stands for its range,
 * and ends the range, so that there is one at a time; a batch that the fetch cut off is left to the
 * next one; records of aborted transactions and control records are stepped over.
 *
 * @returns null when there is nothing to read on behind.
 */
export async function decodeRange(
  range: FetchedRange,
  options: PartitionDecoderOptions,
): Promise<DecodedRange | null> {
  const decoder = new PartitionDecoder(range, options);
  await decoder.run();
  return decoder.result();
}

class PartitionDecoder {
  private readonly records: KafkaRecord[] = [];
  private readonly transactions: AbortedTransactions;
  private next: bigint;
  private bytes = 0;

  constructor(
    private readonly range: FetchedRange,
    private readonly options: PartitionDecoderOptions,
  ) {
    this.next = range.first;
    this.transactions = new AbortedTransactions(range.aborted);
  }

  async run(): Promise<void> {
    const { bytes, first } = this.range;
    const { budget, breather } = this.options;
    let at = 0;
    while (at < bytes.length && budget.bytesLeft > 0) {
      const found = frameAt(bytes, at);
      if (found.kind === 'unusable') break;
      const { frame } = found;
      at = frame.end;
      // Compaction and seeks: a fetch begins with the batch that holds the offset.
      if (frame.lastOffset < first) continue;
      if (!(await this.take(frame))) return;
      if (breather.isDue) await breather.breathe();
    }
    if (this.next === first && budget.bytesLeft > 0) this.stopAt(at);
  }

  result(): DecodedRange | null {
    const { records, next, bytes } = this;
    return next > this.range.first ? { records, nextOffset: next, bytes } : null;
  }

  /** @returns false when nothing behind it may be looked at now. */
  private async take(frame: BatchFrame): Promise<boolean> {
    try {
      const batch = await decodeBatch(frame, this.range.first, this.options);
      this.options.budget.bytesLeft -= batch.bytes + batch.records.length * RECORD_COST_BYTES;
      this.add(frame, batch);
      this.next = frame.lastOffset + 1n;
      return true;
    } catch (error) {
      this.giveUp(frame, translateError(error));
      return false;
    }
  }

  private add(frame: BatchFrame, { records }: DecodedBatch): void {
    if (!this.transactions.isVisible(frame, records[0]?.key)) return;
    for (const record of records) {
      this.records.push(record);
      this.bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
    }
  }

  /** One record stands for the batch. */
  private giveUp(frame: BatchFrame, error: MillraceError): void {
    const { first } = this.range;
    const offset = frame.baseOffset > first ? frame.baseOffset : first;
    const next = this.endOf(frame, offset);
    const { baseOffset, recordCount } = frame;
    const records = recordCount > 0 ? recordCount : Number(next - baseOffset);
    this.addUndecodable(offset, { first: baseOffset, next, records, error });
    // What it cost is not known; the next fetch begins afresh.
    this.options.budget.bytesLeft = 0;
  }

  private addUndecodable(offset: bigint, range: UndecodableRange): void {
    this.records.push(new UndecodableRecord(offset, range));
    this.next = range.next;
  }

  /** A damaged header must not make more unreadable than its batch. */
  private endOf(frame: BatchFrame, offset: bigint): bigint {
    const { bytes, highWatermark } = this.range;
    let next = frame.lastOffset + 1n;
    const following = bytes.length - frame.end >= 8 ? bytes.readBigInt64BE(frame.end) : next;
    for (const bound of [following, highWatermark]) {
      if (bound > offset && bound < next) next = bound;
    }
    return next;
  }

  /**
   * Nothing in the bytes is at the offset that was asked for: they begin with something that is no
   * batch, or hold only older ones. Behind other batches that is the usual end of a fetch.
   */
  private stopAt(at: number): void {
    const { first, bytes, highWatermark } = this.range;
    if (!this.options.isHopeless(first)) return;
    const suspected = suspectedRange(bytes, at);
    const isPlausible =
      suspected !== null &&
      suspected.first <= first &&
      suspected.last >= first &&
      suspected.last < highWatermark;
    const next = isPlausible ? suspected.last + 1n : first + 1n;
    const error = new BatchFrameBrokenError({
      message: `what the broker sends for offset ${first} is no batch with this offset`,
    });
    const from = isPlausible ? suspected.first : first;
    this.addUndecodable(first, { first: from, next, records: Number(next - from), error });
  }
}
