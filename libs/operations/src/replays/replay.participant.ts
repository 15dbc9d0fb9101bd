import type { OnModuleInit, Provider } from '@nestjs/common';
import { Lifecycle } from 'millrace/health';
import { CLOCK, PipelineRegistry, PipelineRuntime } from 'millrace/pipeline';
import type { AuditLog, JobStore } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { absentStore, lateStore } from '../operations.stores';
import { ReplayWorker } from './replay.worker';

/** Behind the pipeline, so that replays are given back before its groups drain. */
const ORDER = 40;

/** Runs replays as long as the service serves; without a store of jobs there are none. */
export class ReplayParticipant implements OnModuleInit {
  constructor(
    private readonly worker: Pick<ReplayWorker, 'start' | 'drain'>,
    private readonly registry: Pick<PipelineRegistry, 'jobStore'>,
    private readonly lifecycle: Lifecycle,
  ) {}

  onModuleInit(): void {
    this.lifecycle.register({
      name: 'replays',
      order: ORDER,
      connect: async () => {
        if (this.registry.jobStore !== undefined) this.worker.start();
      },
      drain: () => this.worker.drain(),
    });
  }
}

/** The worker of a service, and who starts it. */
export const REPLAY_PROVIDERS: Provider[] = [
  {
    provide: ReplayWorker,
    inject: [PipelineRegistry, PipelineRuntime, CLOCK],
    useFactory: (registry: PipelineRegistry, runtime: PipelineRuntime, clock: Clock) =>
      new ReplayWorker({
        // Adapters register theirs after this is made.
        jobs: lateStore<JobStore>(() => registry.jobStore, absentStore('jobs')),
        audit: lateStore<AuditLog>(() => registry.auditLog, absentStore('who did what')),
        runtime,
        subscriptions: () => registry.subscriptions,
        clock,
      }),
  },
  {
    provide: ReplayParticipant,
    inject: [ReplayWorker, PipelineRegistry, Lifecycle],
    useFactory: (worker: ReplayWorker, registry: PipelineRegistry, lifecycle: Lifecycle) =>
      new ReplayParticipant(worker, registry, lifecycle),
  },
];
