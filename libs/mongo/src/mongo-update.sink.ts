import { MillraceError } from 'millrace/errors';
import { FILTERED, STORED } from 'millrace/pipeline';
import type { PipelineRecord } from 'millrace/pipeline';
import { ID_TAKEN } from './bulk-outcome';
import type { OperationFault } from './bulk-outcome';
import type { BulkWriter, WriteBound } from './bulk-writer';
import { MAX_BULK_OPERATIONS } from './bulk-writer';
import { checkedId } from './document-id';
import { refuseNotIdempotent } from './idempotent-update';
import type { MongoUpdate, UpdateSpec } from './idempotent-update';
import type { BulkOperation } from './mongo-collection';
import { refuseFlaw } from './sink-document';
import { SinkWriteConflictError } from './sink.errors';
import type { SliceWork, SliceWriter } from './slice-writer';
import { errorOf, isPermanent, recordAt } from './slice-writer';
import { mergeUpdates } from './update-merge';

/** What an updating sink does with an event. */
export interface UpdateMapping {
  /** Upserts whose repetition and order do not matter; empty = the event is not for this sink. */
  readonly update: (event: never, record: PipelineRecord<never>) => readonly MongoUpdate[];
}

/** How often an upsert is sent again after another first writer was faster. */
export const MAX_UPSERT_RESENDS = 3;

/** One operation and the records that it stands for. */
interface Change {
  readonly id: string;
  update: UpdateSpec;
  readonly positions: number[];
}

/**
 * Updates documents by operators that may be repeated; several per record, several per document.
 *
 * Promises: a record is stored when all of its updates are; its result is the worst of theirs.
 * Updates of one document within a slice are merged where that has the same effect.
 */
export class UpdateWriter implements SliceWriter {
  constructor(
    private readonly mapping: UpdateMapping,
    private readonly bulks: Pick<BulkWriter, 'write'>,
  ) {}

  async write(work: SliceWork, positions: readonly number[], bound: WriteBound): Promise<void> {
    const again = await this.apply(work, this.plan(work, positions, true), bound);
    // One bad record must not take down those that were merged with it.
    if (again.length > 0) await this.apply(work, this.plan(work, again, false), bound);
  }

  private plan(work: SliceWork, positions: readonly number[], merges: boolean): Change[] {
    const changes: Change[] = [];
    const byId = new Map<string, Change>();
    for (const position of positions) {
      const record = recordAt(work, position) as PipelineRecord<never>;
      try {
        const updates = this.mapping.update(record.event, record);
        for (const { id, update } of updates) checkUpdate(id, update);
        for (const one of updates) {
          if (!merges || !joined(byId.get(one.id), one, position)) {
            const change = { id: one.id, update: one.update, positions: [position] };
            changes.push(change);
            byId.set(one.id, change);
          }
        }
        work.results[position] = updates.length === 0 ? FILTERED : STORED;
      } catch (error) {
        work.results[position] = { error };
      }
    }
    return changes;
  }

  /** @returns positions of records that only share an operation with a refused one. */
  private async apply(work: SliceWork, changes: Change[], bound: WriteBound): Promise<number[]> {
    const again = new Set<number>();
    for (let start = 0; start < changes.length; start += MAX_BULK_OPERATIONS) {
      const chunk = changes.slice(start, start + MAX_BULK_OPERATIONS);
      for (const [index, fault] of await this.send(chunk, bound)) {
        const change = chunk[index] as Change;
        if (change.positions.length > 1 && isPermanent(fault)) {
          for (const position of change.positions) again.add(position);
        } else {
          for (const position of change.positions) worsen(work, position, fault);
        }
      }
    }
    return [...again];
  }

  /** Sends upserts until none meets another first writer. */
  private async send(chunk: readonly Change[], bound: WriteBound) {
    const failed = new Map<number, MillraceError>();
    let open = chunk.map((_, index) => index);
    for (let sends = 0; open.length > 0; sends += 1) {
      const operations = open.map((index) => upsert(chunk[index] as Change));
      const faults = await this.bulks.write(operations, bound);
      const isLast = sends === MAX_UPSERT_RESENDS;
      open = open.filter((index, at) => {
        const fault: OperationFault | undefined = faults.get(at);
        if (fault === ID_TAKEN && !isLast) return true;
        if (fault === ID_TAKEN) failed.set(index, new SinkWriteConflictError());
        else if (fault !== undefined) failed.set(index, fault);
        return false;
      });
    }
    return failed;
  }
}

function checkUpdate(id: unknown, update: UpdateSpec): void {
  checkedId(id);
  refuseNotIdempotent(update);
  refuseFlaw(update, 'allowed');
}

/** @returns false when the update needs an operation of its own. */
function joined(change: Change | undefined, { update }: MongoUpdate, position: number): boolean {
  const merged = change === undefined ? null : mergeUpdates(change.update, update);
  if (change === undefined || merged === null) return false;
  change.update = merged;
  if (change.positions.at(-1) !== position) change.positions.push(position);
  return true;
}

function upsert({ id, update }: Change): BulkOperation {
  return { updateOne: { filter: { _id: id }, update, upsert: true } };
}

const SEVERITY = ['permanent', 'retryable', 'infrastructure', 'fatal'] as const;

/** What waits is worse than what fails for good: the record comes again, and fails then. */
function worsen(work: SliceWork, position: number, error: MillraceError): void {
  const known = errorOf(work.results[position]);
  const isWorse =
    !(known instanceof MillraceError) ||
    SEVERITY.indexOf(error.failure) > SEVERITY.indexOf(known.failure);
  if (isWorse) work.results[position] = { error };
}
