import type { OnModuleInit, Provider } from '@nestjs/common';
import { Lifecycle } from 'millrace/health';
import { CLOCK, PipelineRegistry } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { Operations } from '../operations';
import { RedriveWorker } from './redrive.worker';
import { REDRIVE_DEFAULTS } from './redrive.views';

/** Behind the pipeline: a redrive is given back before its groups drain. */
const ORDER = 41;

/** Runs redrives as long as the service serves; without a store of jobs there are none. */
export class RedriveParticipant implements OnModuleInit {
  constructor(
    private readonly worker: Pick<RedriveWorker, 'start' | 'drain'>,
    private readonly operations: Pick<Operations, 'close'>,
    private readonly registry: Pick<PipelineRegistry, 'jobStore'>,
    private readonly lifecycle: Lifecycle,
  ) {}

  onModuleInit(): void {
    this.lifecycle.register({
      name: 'redrives',
      order: ORDER,
      connect: async () => {
        if (this.registry.jobStore !== undefined) this.worker.start();
      },
      drain: () => this.worker.drain(),
      close: (options) => this.operations.close(options),
    });
  }
}

/** The worker of a service, and who starts it. */
export const REDRIVE_PROVIDERS: Provider[] = [
  {
    provide: RedriveWorker,
    inject: [Operations, CLOCK],
    useFactory: ({ redrives }: Operations, clock: Clock) =>
      new RedriveWorker({ redrives, clock, pollMs: REDRIVE_DEFAULTS.pollMs }),
  },
  {
    provide: RedriveParticipant,
    inject: [RedriveWorker, Operations, PipelineRegistry, Lifecycle],
    useFactory: (...parts: ConstructorParameters<typeof RedriveParticipant>) =>
      new RedriveParticipant(...parts),
  },
];
