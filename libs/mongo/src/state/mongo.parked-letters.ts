import type {
  Audit,
  LetterPosition,
  Offset,
  ParkedLetter,
  ParkedLetters,
  TopicPartition,
} from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import type { AnyBulkWriteOperation, Collection, UpdateFilter } from 'mongodb';
import { within } from '../deadline';
import type { MongoConnection } from '../mongo.connection';
import { callError } from '../mongo.translation';

/** Holds one document per dead letter that was ever parked. */
export const PARKED_COLLECTION = 'pipeline_parked';
/** Changes that a document keeps of its past. */
const HISTORY_LENGTH = 50;
const DUPLICATE_KEY = 11000;
/** Of the largest offset: ids are in the order of offsets. */
const OFFSET_DIGITS = 19;

export interface MongoParkedLettersOptions {
  /** Longest wait for one answer; unit ms. */
  readonly writeTimeoutMs: number;
}

interface ParkedDocument {
  readonly _id: string;
  readonly topic: string;
  readonly partition: number;
  /** Decimal text. */
  readonly offset: string;
  readonly timestampMs: number;
  readonly audit: Audit;
  /** False when it was taken back; the document stays for its history. */
  readonly active: boolean;
  readonly history: ReadonlyArray<Audit & { readonly change: string }>;
}

type Operation = AnyBulkWriteOperation<ParkedDocument>;

/**
 * Remembers parked dead letters in the collection `pipeline_parked`, `_id` is their position.
 *
 * Promises: a change is acknowledged by a majority; a find sees only what a majority has; who
 * parked what, when and why stays in the document (its last 50 changes).
 *
 * @throws {MillraceError} infrastructure or fatal, as writes of sinks do.
 */
export class MongoParkedLetters implements ParkedLetters {
  constructor(
    private readonly connection: Pick<MongoConnection, 'collection'>,
    private readonly options: MongoParkedLettersOptions,
    private readonly clock: Clock,
  ) {}

  async park(
    letters: ReadonlyArray<LetterPosition & { readonly timestampMs: number }>,
    audit: Audit,
  ): Promise<void> {
    if (letters.length === 0) return;
    const operations = letters.map(({ topic, partition, offset, timestampMs }): Operation => {
      const place = { topic, partition, offset: offset.toString(), timestampMs };
      const $set = { ...place, audit, active: true };
      const update = { $set, ...noting('park', audit) };
      return {
        updateOne: { filter: { _id: idOf({ topic, partition, offset }) }, update, upsert: true },
      };
    });
    await this.call(async (collection) => {
      try {
        await collection.bulkWrite(operations, { ordered: false });
      } catch (error) {
        // Two first writers met: the documents are there now.
        if ((error as { readonly code?: unknown }).code !== DUPLICATE_KEY) throw error;
        await collection.bulkWrite(operations, { ordered: false });
      }
    });
  }

  async unpark(positions: readonly LetterPosition[], audit: Audit): Promise<number> {
    if (positions.length === 0) return 0;
    const update = { $set: { active: false }, ...noting('unpark', audit) };
    const operations = positions.map((position): Operation => {
      return { updateOne: { filter: { _id: idOf(position), active: true }, update } };
    });
    const { matchedCount } = await this.call((collection) =>
      collection.bulkWrite(operations, { ordered: false }),
    );
    return matchedCount;
  }

  async find(
    range: TopicPartition & { readonly from: Offset; readonly to: Offset },
  ): Promise<readonly ParkedLetter[]> {
    const { topic, partition, from, to } = range;
    const _id = {
      $gte: idOf({ topic, partition, offset: from }),
      $lt: idOf({ topic, partition, offset: to }),
    };
    const options = { readPreference: 'primary', readConcern: { level: 'majority' } } as const;
    const found = await this.call((collection) =>
      collection.find({ _id, active: true }, options).sort({ _id: 1 }).toArray(),
    );
    return found.map(letterOf);
  }

  private async call<T>(act: (collection: Collection<ParkedDocument>) => Promise<T>): Promise<T> {
    const { clock, connection, options } = this;
    try {
      return await within({ clock, deadlineMs: options.writeTimeoutMs }, () =>
        act(connection.collection<ParkedDocument>(PARKED_COLLECTION)),
      );
    } catch (error) {
      throw callError(error);
    }
  }
}

/** A topic has no slash in its name. */
function idOf({ topic, partition, offset }: LetterPosition): string {
  return `${topic}/${partition}/${offset.toString().padStart(OFFSET_DIGITS, '0')}`;
}

function noting(change: string, audit: Audit): UpdateFilter<ParkedDocument> {
  return { $push: { history: { $each: [{ change, ...audit }], $slice: -HISTORY_LENGTH } } };
}

function letterOf({ topic, partition, offset, timestampMs, audit }: ParkedDocument): ParkedLetter {
  const { by, reason, at } = audit;
  return { topic, partition, offset: BigInt(offset), timestampMs, audit: { by, reason, at } };
}
