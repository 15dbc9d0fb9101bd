// The workload as a process: what it tells goes over the channel of `fork`, its log to standard output.
import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { defineServiceSettings, metricsSettings } from 'millrace/config';
import { kafkaSettings } from 'millrace/kafka';
import { mongoSettings } from 'millrace/mongo';
import { pipelineSettings, startService } from 'millrace/pipeline';
import { WorkCount } from './messages';
import type { Tell } from './messages';
import { sabotage } from './sabotage';
import { changeSinks, halved, refusing } from './sinks';
import { workloadModule } from './workload.module';
import { workloadOf } from './workload';

const tell: Tell = (message, then) => {
  if (process.send === undefined || !process.connected) then?.();
  else process.send(message, () => then?.());
};

/** After the drain: what still holds the event loop, the channel and standard output aside. */
function leave(code: number): void {
  const own = new Set(['PipeWrap', 'TTYWrap', 'FSReqCallback', 'Immediate', 'ProcessWrap']);
  const resources = process.getActiveResourcesInfo().filter((name) => !own.has(name));
  tell({ kind: 'leaving', code, resources }, () => process.exit(code));
}

async function main(): Promise<void> {
  const workload = workloadOf(process.env);
  // A kill inside of another write may go unnoticed: a balance is made whole by the next movement.
  const counted = workload.parts.includes('movements') ? 'movements' : 'balances';
  changeSinks(halved(new WorkCount(tell), counted, workload.halfBulkMs));
  sabotage(workload.variant);
  const { refuses = 'none' } = workload;
  if (refuses !== 'none') changeSinks(refusing(refuses));
  const app = await startService(
    {
      service: 'workload',
      module: workloadModule(workload),
      settings: [
        defineServiceSettings({ httpPort: 0 }),
        metricsSettings,
        pipelineSettings,
        kafkaSettings,
        mongoSettings,
      ],
    },
    {
      env: process.env,
      stderr: process.stderr,
      exit: leave,
      on: (event, listener) => process.on(event, listener),
      off: (event, listener) => process.off(event, listener),
    },
  );
  if (app !== undefined) tell({ kind: 'listening', url: urlOf(app) });
}

function urlOf(app: INestApplication): string {
  const server = app.getHttpServer() as { address(): AddressInfo };
  return `http://127.0.0.1:${server.address().port}`;
}

// Nobody is there to end it any more.
process.on('disconnect', () => process.exit(1));

void main();
