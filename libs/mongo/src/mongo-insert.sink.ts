import { DUPLICATE, STORED } from 'millrace/pipeline';
import type { PipelineRecord } from 'millrace/pipeline';
import { ID_TAKEN } from './bulk-outcome';
import type { BulkWriter, WriteBound } from './bulk-writer';
import { checkedId } from './document-id';
import type { BulkOperation } from './mongo-collection';
import { sinkDocument } from './sink-document';
import type { SliceWork, SliceWriter } from './slice-writer';
import { errorOf, isPermanent, recordAt } from './slice-writer';

/** What an inserting sink does with an event. */
export interface InsertMapping {
  /** The identity of the document: a repeat of the event gets the same one. */
  readonly id: (event: never, record: PipelineRecord<never>) => string;
  readonly document: (event: never, record: PipelineRecord<never>) => object;
}

/** The operations of a slice, and the records that have the same id as an earlier one. */
interface InsertPlan {
  readonly operations: BulkOperation[];
  /** Position of the record of each operation. */
  readonly positions: number[];
  /** Pairs: position of a record, index of the operation that has its id. */
  readonly repeats: number[];
}

/**
 * Inserts documents; a document with this `_id` that is there already makes a duplicate.
 *
 * Promise: whatever is delivered how often, there is one document per id, the first one.
 */
export class InsertWriter implements SliceWriter {
  constructor(
    private readonly mapping: InsertMapping,
    private readonly bulks: Pick<BulkWriter, 'write'>,
  ) {}

  async write(work: SliceWork, positions: readonly number[], bound: WriteBound): Promise<void> {
    const plan = this.plan(work, positions);
    const faults = await this.bulks.write(plan.operations, bound);
    for (const position of plan.positions) work.results[position] = STORED;
    for (const [index, fault] of faults) {
      const position = plan.positions[index] as number;
      work.results[position] = fault === ID_TAKEN ? DUPLICATE : { error: fault };
    }
    const again = settleRepeats(work, plan);
    if (again.length > 0) await this.write(work, again, bound);
  }

  private plan(work: SliceWork, positions: readonly number[]): InsertPlan {
    const { id: idOf, document: documentOf } = this.mapping;
    const plan: InsertPlan = { operations: [], positions: [], repeats: [] };
    const indexOfId = new Map<string, number>();
    let previous: unknown;
    for (const position of positions) {
      const record = recordAt(work, position) as PipelineRecord<never>;
      try {
        const id = checkedId(idOf(record.event, record));
        const index = indexOfId.get(id);
        if (index !== undefined) {
          plan.repeats.push(position, index);
          continue;
        }
        const source = documentOf(record.event, record);
        const document = sinkDocument(source, id, record.event, previous);
        previous = source;
        indexOfId.set(id, plan.operations.length);
        plan.positions.push(position);
        plan.operations.push({ insertOne: { document } });
      } catch (error) {
        work.results[position] = { error };
      }
    }
    return plan;
  }
}

/** @returns positions whose first record was refused for good: they get their own try. */
function settleRepeats(work: SliceWork, { positions, repeats }: InsertPlan): number[] {
  const again: number[] = [];
  for (let at = 0; at < repeats.length; at += 2) {
    const position = repeats[at] as number;
    const first = work.results[positions[repeats[at + 1] as number] as number];
    const error = errorOf(first);
    if (error === null) work.results[position] = DUPLICATE;
    else if (isPermanent(error)) again.push(position);
    else work.results[position] = { error };
  }
  return again;
}
