import { randomUUID } from 'node:crypto';
import { Controller, Module } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import type { Contract } from 'millrace/contracts';
import { retryable } from 'millrace/errors';
import { KafkaModule } from 'millrace/kafka';
import { MongoModule, MongoSink } from 'millrace/mongo';
import { OperationsModule } from 'millrace/operations';
import { Consumes, PipelineModule, RecordContext } from 'millrace/pipeline';
import { movementContract } from './movement';
import type { Movement } from './movement';
import { OrderLog } from './order.log';
import { groupOf } from './workload';
import type { Workload } from './workload';

/** The app as a user would write it; classes are made here because each run has its own names. */
export function workloadModule(workload: Workload): Type {
  const contract = movementContract(workload.topic);
  const { parts } = workload;
  const sinks = [
    ...(parts.includes('movements') ? [movementSink(contract, workload)] : []),
    ...(parts.includes('balances') ? [balanceSink(contract, workload)] : []),
  ];

  @Module({
    imports: [
      PipelineModule.forRoot({ service: 'workload' }),
      KafkaModule.forRoot({ consumer: shortSession(workload.sessionMs) }),
      MongoModule.forRoot(),
      OperationsModule.forRoot(),
    ],
    providers: sinks,
    controllers: parts.includes('order') ? [orderController(contract, workload)] : [],
  })
  class WorkloadModule {}
  return WorkloadModule;
}

/**
 * In code, because the environment does not allow sessions that end before a drain of the default length.
 * New partitions are seen soon.
 */
function shortSession(sessionTimeoutMs: number) {
  return {
    sessionTimeoutMs,
    heartbeatIntervalMs: sessionTimeoutMs / 5,
    rebalanceTimeoutMs: Math.max(10_000, sessionTimeoutMs),
    revokeDrainMs: sessionTimeoutMs / 3,
    metadataMaxAgeMs: 5_000,
  };
}

function movementSink(
  contract: Contract<Movement>,
  { run, variant, refuses = 'none' }: Workload,
): Type {
  @MongoSink(contract, {
    groupId: groupOf(run, 'movements'),
    ...(refuses === 'none' ? {} : { stopTheLine: false }),
    collection: 'movements',
    id: (_movement, record) => (variant === 'NC1' ? randomUUID() : record.eventId),
    document: ({ id, account, sequence, amount }) => ({ eventId: id, account, sequence, amount }),
  })
  class MovementSink {}
  return MovementSink;
}

function balanceSink(contract: Contract<Movement>, { run, variant }: Workload): Type {
  const guarded = {
    id: ({ account }: Movement) => account,
    version: ({ sequence }: Movement) => sequence,
    document: ({ sequence, amount }: Movement) => ({ sequence, amount }),
  };
  const unguarded = {
    update: ({ account, sequence, amount }: Movement) => [
      { id: account, update: { $set: { sequence, amount } } },
    ],
  };
  @MongoSink(contract, {
    groupId: groupOf(run, 'balances'),
    collection: 'balances',
    ...(variant === 'NC6' ? unguarded : guarded),
  })
  class BalanceSink {}
  return BalanceSink;
}

function orderController(contract: Contract<Movement>, workload: Workload): Type {
  const { run, flakyEvery, orderLog, handlerMs = 0, hasBug = false } = workload;
  const log = new OrderLog(orderLog);

  @Controller()
  class OrderController {
    @Consumes(contract, { groupId: groupOf(run, 'order') })
    async onMovement({ account, sequence }: Movement, context: RecordContext): Promise<void> {
      if (hasBug) throw new TypeError('a bug of the handler');
      if (handlerMs > 0) await new Promise((wake) => setTimeout(wake, handlerMs));
      if (flakyEvery > 0 && sequence % flakyEvery === 0 && context.attempt === 1) {
        throw retryable('the first attempt fails on purpose');
      }
      log.append(context.partition, context.offset, account, sequence);
    }
  }
  return OrderController;
}
