import type { KafkaRecord, Offset, ParkedLetters, ReaderPort } from 'millrace/pipeline';
import type { DeadLetter } from './dead-letter';
import type { FetchBudget, FetchHolder } from './fetch.budget';
import { readLetter } from './letter.reading';
import type { LetterRange } from './letter.topics';

/** What a record costs beside key and value, headers above all; unit bytes. */
const RECORD_COST_BYTES = 2_048;
/** Nothing is waited for: the range is in the log. */
const MAX_WAIT_MS = 500;

export interface PartitionScanParts {
  readonly range: LetterRange;
  readonly reader: ReaderPort;
  readonly parked: Pick<ParkedLetters, 'find'> | undefined;
  readonly fits: (letter: DeadLetter) => boolean;
  readonly budget: FetchBudget;
  /** Of one fetch; unit bytes. */
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** The letter that comes next; null while its bytes had to be let go of. */
interface Head {
  readonly offset: Offset;
  readonly timestampMs: number;
  letter: DeadLetter | null;
}

/** Reads the letters of one partition that fit, one fetch at a time. */
export class PartitionScan implements FetchHolder {
  private hand: readonly KafkaRecord[] = [];
  private at = 0;
  /** Where the next fetch begins. */
  private next: Offset;
  private parkedAt: ReadonlyMap<Offset, number> = new Map();
  private current: Head | null = null;

  constructor(private readonly parts: PartitionScanParts) {
    this.next = parts.range.from;
  }

  /** When the next letter was written; null behind the last one; unit ms. */
  get headMs(): number | null {
    return this.current?.timestampMs ?? null;
  }

  /** Looks for the next letter. */
  async advance(): Promise<void> {
    const letter = await this.find();
    if (letter === null) this.parts.budget.forget(this);
    const { offset } = letter?.position ?? { offset: 0n };
    this.current = letter && { offset, timestampMs: letter.timestampMs, letter };
  }

  /** The next letter, fetched again when it had to be let go of; null when it is gone by now. */
  async take(): Promise<DeadLetter | null> {
    if (this.current !== null && this.current.letter === null) {
      this.next = this.current.offset;
      await this.advance();
    }
    return this.current?.letter ?? null;
  }

  drop(): void {
    if (this.current === null) {
      this.next = this.hand[this.at]?.offset ?? this.next;
    } else {
      this.next = this.current.offset;
      this.current.letter = null;
    }
    this.hand = [];
    this.at = 0;
  }

  private async find(): Promise<DeadLetter | null> {
    const { range, fits } = this.parts;
    do {
      for (; this.at < this.hand.length; this.at += 1) {
        const record = this.hand[this.at];
        if (record === undefined || record.offset >= range.to) continue;
        const isParked = this.parkedAt.get(record.offset) === record.timestampMs;
        const letter = readLetter(range, record, isParked);
        if (!fits(letter)) continue;
        this.at += 1;
        return letter;
      }
    } while (await this.fetch());
    return null;
  }

  /** @returns false behind the last record of the range. */
  private async fetch(): Promise<boolean> {
    const { range, reader, budget, maxBytes, signal } = this.parts;
    this.hand = [];
    this.at = 0;
    if (this.next >= range.to) return false;
    signal?.throwIfAborted();
    const { topic, partition } = range;
    const limits = {
      maxBytes,
      maxWaitMs: MAX_WAIT_MS,
      ...(signal === undefined ? {} : { signal }),
    };
    const batch = await reader.read({ topic, partition, offset: this.next }, limits);
    // Nothing more comes, whatever the end was said to be: an open transaction, or deleted records.
    if (batch.nextOffset <= this.next) return false;
    this.parkedAt = await this.findParked(batch.records);
    this.hand = batch.records;
    this.next = batch.nextOffset;
    budget.hold(this, batch.bytes + batch.records.length * RECORD_COST_BYTES);
    return true;
  }

  private async findParked(records: readonly KafkaRecord[]): Promise<ReadonlyMap<Offset, number>> {
    const { range, parked } = this.parts;
    const [first, last] = [records[0], records.at(-1)];
    if (parked === undefined || first === undefined || last === undefined) return new Map();
    const { topic, partition } = range;
    const found = await parked.find({ topic, partition, from: first.offset, to: last.offset + 1n });
    return new Map(found.map(({ offset, timestampMs }) => [offset, timestampMs]));
  }
}
