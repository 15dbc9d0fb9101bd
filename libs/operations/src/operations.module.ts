import { Global, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { Contract } from 'millrace/contracts';
import { CLOCK, KAFKA_DRIVER, PipelineRegistry, PipelineRuntime, RANDOM } from 'millrace/pipeline';
import type { KafkaDriver } from 'millrace/pipeline';
import type { Clock, Random } from 'millrace/retry';
import { Operations, createOperations } from './operations';
import { REDRIVE_PROVIDERS } from './redrives/redrive.participant';
import { REPLAY_PROVIDERS } from './replays/replay.participant';
import { absentParked, absentStore, lateStore } from './operations.stores';

/**
 * Gives a service {@link Operations} on its own Kafka client and on the stores that its adapters
 * register, with the contracts of its handlers and publishers.
 *
 * @example
 * imports: [KafkaModule.forRoot(), MongoModule.forRoot(), OperationsModule.forRoot()]
 */
@Global()
@Module({})
export class OperationsModule {
  static forRoot(): DynamicModule {
    return {
      module: OperationsModule,
      providers: [
        {
          provide: Operations,
          inject: [KAFKA_DRIVER, PipelineRegistry, PipelineRuntime, CLOCK, RANDOM],
          useFactory: operationsOf,
        },
        ...REDRIVE_PROVIDERS,
        ...REPLAY_PROVIDERS,
      ],
      exports: [Operations],
    };
  }
}

function operationsOf(
  driver: KafkaDriver,
  registry: PipelineRegistry,
  runtime: PipelineRuntime,
  clock: Clock,
  random: Random,
): Operations {
  return createOperations({
    driver,
    clock,
    random,
    process: runtime.process,
    // Adapters register theirs after this is made.
    controls: lateStore(() => registry.controlStore, absentStore('pauses')),
    jobs: lateStore(() => registry.jobStore, absentStore('jobs')),
    audit: lateStore(() => registry.auditLog, absentStore('who did what')),
    parked: lateStore(() => registry.parkedLetters, absentParked()),
    contracts: () => contractsOf(registry),
    subscriptions: () => registry.subscriptions,
  });
}

function contractsOf({ subscriptions, publishedContracts }: PipelineRegistry): readonly Contract[] {
  const read = subscriptions.flatMap(({ contract }) => (contract === null ? [] : [contract]));
  return [...new Set([...read, ...publishedContracts])];
}
