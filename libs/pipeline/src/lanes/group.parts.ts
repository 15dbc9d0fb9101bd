import type { MillraceError } from 'millrace/errors';
import type { Clock } from 'millrace/retry';
import type { ConsumerPort } from '../ports/driver';
import type { PipelineMetrics } from '../pipeline.metrics';
import type { LaneLimits, SliceHandler } from './lane';
import type { OffsetLostPolicy } from './offset-lost';
import type { WantedPauses } from './paused-partitions';

export interface GroupConsumerParts {
  readonly groupId: string;
  readonly pipeline: string;
  readonly consumer: ConsumerPort;
  /** By topic. */
  readonly handlers: ReadonlyMap<string, SliceHandler>;
  readonly limits: LaneLimits;
  /** By topic, where its readers want others than {@link limits}. */
  readonly limitsOf?: (topic: string) => LaneLimits | undefined;
  readonly commit: { readonly intervalMs: number; readonly everyRecords: number };
  readonly revokeDrainMs: number;
  /** Default: stop. */
  readonly onOffsetLost?: OffsetLostPolicy;
  /** What persons and the line want to be paused; asked at every assignment and by `applyPauses`. */
  readonly wantedPauses?: WantedPauses;
  /** Records were finished. */
  readonly onProgress?: () => void;
  readonly onCrashed?: (error: MillraceError) => void;
  readonly metrics: PipelineMetrics;
  readonly clock: Clock;
}
