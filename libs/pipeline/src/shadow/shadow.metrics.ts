import { PAUSE_REASONS } from '../lanes/paused-partitions';
import type { PipelineMetrics } from '../pipeline.metrics';
import type { ShadowSpec } from './shadow';

/** Takes away what tells of a state: a shadow that has ended has none, and alerts must not see one. */
export function forgetShadow(
  metrics: PipelineMetrics,
  { pipeline }: { readonly pipeline: string },
  { shadowGroupId: group, topic }: ShadowSpec,
  partitions: Iterable<number>,
): void {
  metrics.assigned.remove({ group });
  metrics.rebuilds.remove({ group });
  metrics.staleCommits.remove({ group });
  metrics.loweredOffsets.remove({ group });
  metrics.lastProgress.remove({ pipeline });
  for (const partition of partitions) {
    for (const reason of PAUSE_REASONS) {
      metrics.paused.remove({ pipeline, topic, partition: String(partition), reason });
    }
  }
}
