// Writers of accounts, each transaction with its events, and the relay of the outbox: as one service.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import type { INestApplication, Type } from '@nestjs/common';
import { defineServiceSettings, metricsSettings } from 'millrace/config';
import { KafkaModule, kafkaSettings } from 'millrace/kafka';
import { Lifecycle } from 'millrace/health';
import { MongoConnection, MongoModule, Outbox, OutboxModule, mongoSettings } from 'millrace/mongo';
import { PipelineModule, pipelineSettings, startService } from 'millrace/pipeline';
import { movementContract } from './movement';
import { OutboxBank } from './outbox.bank';
import { OUTBOX_WORKLOAD } from './outbox.messages';
import type { OutboxMessage, OutboxWorkload } from './outbox.messages';

const tell = (message: OutboxMessage): void => void process.send?.(message);

function moduleOf(workload: OutboxWorkload): Type {
  const contract = movementContract(workload.topic);
  const { leaseMs } = workload;

  @Module({
    imports: [
      PipelineModule.forRoot({ service: 'bank' }),
      KafkaModule.forRoot(),
      MongoModule.forRoot(),
      OutboxModule.forRoot({ publishes: [contract], leaseMs, pollMs: 100 }),
    ],
  })
  class BankModule {}
  return BankModule;
}

async function main(): Promise<void> {
  const workload = JSON.parse(process.env[OUTBOX_WORKLOAD] ?? '{}') as OutboxWorkload;
  const settings = [
    defineServiceSettings({ httpPort: 0 }),
    ...[metricsSettings, pipelineSettings, kafkaSettings, mongoSettings],
  ];
  const app = await startService(
    { service: 'bank', module: moduleOf(workload), settings },
    {
      env: process.env,
      stderr: process.stderr,
      exit: (code) => process.exit(code),
      on: (event, listener) => process.on(event, listener),
      off: (event, listener) => process.off(event, listener),
    },
  );
  if (app !== undefined) await work(app, workload);
}

async function work(app: INestApplication, workload: OutboxWorkload): Promise<void> {
  const lifecycle = app.get(Lifecycle);
  await lifecycle.whenServing();
  tell({ kind: 'ready' });
  const bank = new OutboxBank(
    app.get(Outbox),
    app.get(MongoConnection),
    movementContract(workload.topic),
    workload,
    tell,
  );
  const isOpen = () => lifecycle.state === 'serving';
  await Promise.all(Array.from({ length: workload.writers }, () => bank.write(isOpen)));
}

// Nobody is there to end it any more.
process.on('disconnect', () => process.exit(1));

void main();
