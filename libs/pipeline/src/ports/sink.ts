import type { RecordResult } from '../records/outcome';
import type { PipelineRecord } from '../records/pipeline-record';

/**
 * Where records come to rest.
 *
 * Promise: a write of the same records again changes nothing (idempotent). One result per record,
 * in order. A result with an error says that this record is not stored; an error with failure
 * `infrastructure` says so of the dependency, and the pipeline waits for `probe`.
 */
export interface SinkPort {
  /** Labels metrics, gates and logs; example `mongo`. Two sinks with one name share a dependency gate. */
  readonly name: string;
  /**
   * Resolves after the write is durable (majority, journalled).
   *
   * Rejects only when nothing is known about any record; the pipeline then treats the error as
   * the result of every record.
   */
  write(
    records: readonly PipelineRecord[],
    options: { readonly signal: AbortSignal; readonly deadlineMs: number },
  ): Promise<readonly RecordResult[]>;
  /**
   * The same sink for records that are read again beside their group: without the group's positions.
   * Default: itself.
   */
  beside?(): SinkPort;
  /** Resolves when the dependency can be written to; a real call, not a cached state. */
  probe(): Promise<void>;
}
