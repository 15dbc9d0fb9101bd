import type { Contract } from 'millrace/contracts';
import type {
  Actor,
  AdminPort,
  AuditLog,
  LetterPosition,
  Offset,
  ParkedLetters,
  ReaderPort,
  TopicPartition,
} from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { absentParked } from '../operations.stores';
import type {
  DeadLetter,
  DeadLetterFilter,
  DeadLetterGroup,
  DeadLetterView,
  ValueMode,
} from './dead-letter';
import { FetchBudget } from './fetch.budget';
import { checkFilter, fits } from './letter.filter';
import { LetterGroups } from './letter.groups';
import { lineOf } from './letter.line';
import { LetterParking } from './letter.parking';
import { readLetter } from './letter.reading';
import { LetterTopics, notFound } from './letter.topics';
import type { LetterRange } from './letter.topics';
import { headersOf, valueOf } from './letter.value';
import { mergeScans } from './merged.scan';
import { PartitionScan } from './partition.scan';

export interface DeadLettersParts {
  readonly admin: () => AdminPort;
  readonly reader: () => ReaderPort;
  /** Default: nothing is parked, and nothing can be. */
  readonly parked?: ParkedLetters | undefined;
  readonly audit: Pick<AuditLog, 'append'>;
  /** Say which fields of values are personal data. */
  readonly contracts: () => readonly Contract[];
  readonly clock: Clock;
}

export interface ScanOptions {
  readonly signal?: AbortSignal;
  /** Ends after so many letters; default: at the ends of the log as they were at the start. */
  readonly limit?: number;
  /** Where to go on in a partition, to read in pages; default: at its beginning. */
  readonly from?: (partition: TopicPartition) => Offset | undefined;
}

/** What a scan holds together, whatever the number of partitions; unit bytes. */
const SCAN_BYTES = 33_554_432;
const MIN_FETCH_BYTES = 65_536;
const MAX_FETCH_BYTES = 1_048_576;
/** Of a value that is shown; unit bytes. */
const SHOWN_BYTES = 65_536;
/** Of a value that is exported; unit bytes. */
const EXPORTED_BYTES = 1_048_576;
const SHOW_WAIT_MS = 2_000;

/**
 * Looks at dead letters where they are: in their topics, without a group.
 *
 * Promises: memory is bounded, whatever is in the topics; records that no pipeline wrote are shown
 * like others, with what is known of them; nothing in the topics is changed.
 */
export class DeadLetters {
  private readonly places: LetterTopics;
  private readonly parking: LetterParking;

  constructor(private readonly parts: DeadLettersParts) {
    const { admin, audit, clock } = parts;
    this.places = new LetterTopics(admin);
    this.parking = new LetterParking({
      parked: parts.parked ?? absentParked(),
      audit,
      clock,
      timestampOf: async (position) => (await this.find(position)).timestampMs,
    });
  }

  /** Dead letter topics that exist, sorted. */
  async topics(): Promise<readonly string[]> {
    return this.places.list();
  }

  /**
   * Letters that fit: in the order of their partition, merged by time, up to what is there now.
   *
   * Reads on only as the caller does. The records are slices of fetch buffers: keep few of them.
   *
   * @throws {DeadLetterFilterInvalidError} DEADLETTER_FILTER_INVALID, naming the field; retryable: no.
   */
  async *scan(
    filter: DeadLetterFilter = {},
    options: ScanOptions = {},
  ): AsyncGenerator<DeadLetter> {
    checkFilter(filter);
    const { limit = Infinity, signal, from } = options;
    if (limit <= 0) return;
    let count = 0;
    for await (const letter of mergeScans(await this.scansOf(filter, signal, from))) {
      signal?.throwIfAborted();
      yield letter;
      count += 1;
      if (count >= limit) return;
    }
  }

  /** What failed alike, most frequent first; refuses as {@link scan} does. */
  async groups(
    filter: DeadLetterFilter = {},
    options: Pick<ScanOptions, 'signal'> = {},
  ): Promise<readonly DeadLetterGroup[]> {
    const groups = new LetterGroups();
    for await (const letter of this.scan(filter, options)) groups.add(letter);
    return groups.list();
  }

  /**
   * One letter with headers and value.
   *
   * @param options.values - default masked: fields of `personalData` are masked by the contract of
   * the letter; without that contract no value is shown.
   * @throws {DeadLetterNotFoundError} DEADLETTER_NOT_FOUND, naming what is there; retryable: no.
   */
  async show(
    position: LetterPosition,
    options: { readonly values?: ValueMode } = {},
  ): Promise<DeadLetterView> {
    return this.viewOf(await this.find(position), options.values ?? 'masked', SHOWN_BYTES);
  }

  /**
   * Puts letters aside, all or none: scans and redrives leave them out.
   *
   * @param positions - 1 to 1,000.
   * @throws {ControlReasonMissingError} CONTROL_REASON_MISSING; retryable: no.
   * @throws {DeadLetterNotFoundError} DEADLETTER_NOT_FOUND for the first that is not there; retryable: no.
   */
  async park(positions: readonly LetterPosition[], actor: Actor): Promise<void> {
    await this.parking.park(positions, actor);
  }

  /** Takes letters back; @returns how many of them were parked. */
  async unpark(positions: readonly LetterPosition[], actor: Actor): Promise<number> {
    return this.parking.unpark(positions, actor);
  }

  /** Letters that fit as lines of JSON; values are cut at 1 MiB, and shown as {@link show} does. */
  async *exportLines(
    filter: DeadLetterFilter = {},
    options: ScanOptions & { readonly values?: ValueMode } = {},
  ): AsyncGenerator<string> {
    const { values = 'masked', ...rest } = options;
    for await (const letter of this.scan(filter, rest)) {
      yield lineOf(await this.viewOf(letter, values, EXPORTED_BYTES));
    }
  }

  private async scansOf(
    filter: DeadLetterFilter,
    signal: AbortSignal | undefined,
    from: ScanOptions['from'],
  ): Promise<readonly PartitionScan[]> {
    const ranges = rest(await this.places.ranges(filter), from);
    const budget = new FetchBudget(SCAN_BYTES);
    const share = Math.floor(SCAN_BYTES / Math.max(1, ranges.length));
    const maxBytes = Math.min(MAX_FETCH_BYTES, Math.max(MIN_FETCH_BYTES, share));
    const reader = this.parts.reader();
    const { parked } = this.parts;
    const wanted = (letter: DeadLetter) => fits(filter, letter);
    return ranges.map(
      (range) =>
        new PartitionScan({ range, reader, parked, fits: wanted, budget, maxBytes, signal }),
    );
  }

  private async find(position: LetterPosition): Promise<DeadLetter> {
    await this.places.check(position);
    const { topic, partition, offset } = position;
    const limits = { maxBytes: MIN_FETCH_BYTES, maxWaitMs: SHOW_WAIT_MS };
    const { records } = await this.parts.reader().read({ topic, partition, offset }, limits);
    const record = records.find((one) => one.offset === offset);
    if (record === undefined) throw notFound(position, 'there is no record at this offset');
    const parked = await this.parts.parked?.find({
      topic,
      partition,
      from: offset,
      to: offset + 1n,
    });
    const isParked = parked?.some(({ timestampMs }) => timestampMs === record.timestampMs) ?? false;
    return readLetter(position, record, isParked);
  }

  private async viewOf(
    letter: DeadLetter,
    values: ValueMode,
    maxBytes: number,
  ): Promise<DeadLetterView> {
    const contracts = this.parts.contracts();
    return {
      letter,
      headers: headersOf(letter),
      value: await valueOf(letter, { values, maxBytes, contracts }),
    };
  }
}

/** What is left of ranges when some of them were read before. */
function rest(ranges: readonly LetterRange[], from: ScanOptions['from']): readonly LetterRange[] {
  return ranges.flatMap((range) => {
    const next = from?.(range) ?? range.from;
    if (next >= range.to) return [];
    return [next > range.from ? { ...range, from: next } : range];
  });
}
