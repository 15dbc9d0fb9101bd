import type { PipelineRecord } from '../records/pipeline-record';
import type { RecordResult } from '../records/outcome';

/** Answers for records that were not handled, because of one error. */
export function refused(
  records: readonly PipelineRecord[],
  error: unknown,
): readonly RecordResult[] {
  return records.map(() => ({ error }));
}
