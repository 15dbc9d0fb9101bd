import { MillraceError } from 'millrace/errors';
import type { PipelineRecord, RecordResult } from 'millrace/pipeline';
import type { WriteBound } from './bulk-writer';

/** The records of one write, and what became of each; positions are the same in both. */
export interface SliceWork {
  readonly records: readonly PipelineRecord[];
  readonly results: RecordResult[];
}

/** One way to write: insert, guarded replace, update. */
export interface SliceWriter {
  /**
   * Writes the records at `positions` and fills their results.
   *
   * @throws {MillraceError} when nothing is known about any of them.
   */
  write(work: SliceWork, positions: readonly number[], bound: WriteBound): Promise<void>;
}

/** @returns null when the record is stored, a duplicate or stale. */
export function errorOf(result: RecordResult | undefined): unknown {
  return result !== undefined && 'error' in result ? result.error : null;
}

/** True when this record alone is at fault: what was folded into it still deserves its own try. */
export function isPermanent(error: unknown): boolean {
  // An error without a code comes from a function of the sink: a bug that meets this event.
  return !(error instanceof MillraceError) || error.failure === 'permanent';
}

/** The record at a position; positions come from the length of the list. */
export function recordAt(work: SliceWork, position: number): PipelineRecord {
  return work.records[position] as PipelineRecord;
}
