import {
  Catch,
  Controller,
  Injectable,
  Logger,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import type {
  CallHandler,
  CanActivate,
  ExceptionFilter,
  ExecutionContext,
  INestApplication,
  NestInterceptor,
  Type,
} from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { permanent } from 'millrace/errors';
import type { Observable } from 'rxjs';
import { map, of } from 'rxjs';
import { connectPipeline } from './connect-pipeline';
import { Consumes, ConsumesBatch } from './consumes.decorator';
import { READING, readAt } from './fakes/records';
import type { Reading } from './fakes/records';
import { batchHandling, recordHandling } from './handling/handling';
import type { RecordResult } from './records/outcome';
import { PipelineRegistry } from './pipeline.registry';
import { PipelineServer } from './pipeline.server';
import type { EventBatch, RecordContext } from './records/record-context';

const seen: unknown[] = [];
const failure = permanent('no');
let app: INestApplication | undefined;

beforeAll(() => Logger.overrideLogger(false));
beforeEach(() => void seen.splice(0));
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function registryOf(...controllers: Type[]): Promise<PipelineRegistry> {
  const registry = new PipelineRegistry();
  const server = new PipelineServer(registry, 'lab-service');
  const module = await Test.createTestingModule({
    controllers,
    providers: [{ provide: PipelineServer, useValue: server }],
  }).compile();
  app = module.createNestApplication();
  connectPipeline(app);
  await app.init();
  await app.startAllMicroservices();
  return registry;
}

/** Handles records 0 and 1 with the only handler of the app. */
async function handle(registry: PipelineRegistry): Promise<readonly RecordResult[]> {
  const [subscription] = registry.subscriptions;
  if (subscription === undefined || subscription.target.kind === 'sink') throw new Error('none');
  const { kind, handler } = subscription.target;
  const handling = kind === 'batch' ? batchHandling(handler) : recordHandling(handler);
  const { signal } = new AbortController();
  const scope = { topic: subscription.topic, partition: 0, groupId: 'lab', signal };
  return handling.handle([readAt(0), readAt(1)], scope, 2);
}

describe('PipelineServer', () => {
  it('[CON-01] finds @Consumes and hands over the event and its context', async () => {
    @Controller()
    class Lab {
      @Consumes(READING, { groupId: 'lab', window: { maxRecords: 3 } })
      onReading(event: Reading, context: RecordContext) {
        seen.push([event, context.eventId, context.offset, context.attempt, context.topic]);
        return event.n === 1 ? ('filtered' as const) : undefined;
      }
    }
    const registry = await registryOf(Lab);
    expect(registry.subscriptions).toMatchObject([
      {
        topic: 'readings',
        pipeline: 'lab',
        name: 'Lab.onReading',
        options: { window: { maxRecords: 3 } },
      },
    ]);
    expect(await handle(registry)).toEqual([{ outcome: 'stored' }, { outcome: 'filtered' }]);
    expect(seen).toEqual([
      [{ n: 0 }, 'id-0', 0n, 2, 'readings'],
      [{ n: 1 }, 'id-1', 1n, 2, 'readings'],
    ]);
  });

  it('[CON-04] finds @ConsumesBatch and hands over the batch', async () => {
    @Controller()
    class Lab {
      @ConsumesBatch(READING, { groupId: 'lab' })
      onReadings(batch: EventBatch<Reading>) {
        seen.push(
          batch.records.map(({ event }) => event.n),
          batch.attempt,
          batch.groupId,
        );
        return ['stored', { error: failure }] as const;
      }
    }
    expect(await handle(await registryOf(Lab))).toEqual([
      { outcome: 'stored' },
      { error: failure },
    ]);
    expect(seen).toEqual([[0, 1], 2, 'lab']);
  });

  it('[CON-05] keeps two groups on one topic apart', async () => {
    @Controller()
    class Lab {
      @Consumes(READING, { groupId: 'one' })
      onOne() {}

      @Consumes(READING, { groupId: 'two' })
      onTwo() {}
    }
    const registry = await registryOf(Lab);
    expect(registry.subscriptions.map(({ options }) => options.groupId)).toEqual(['one', 'two']);
  });

  it('refuses two handlers of one topic in one group', async () => {
    @Controller()
    class Lab {
      @Consumes(READING, { groupId: 'lab' })
      onOne() {}

      @Consumes(READING, { groupId: 'lab' })
      onTwo() {}
    }
    await expect(registryOf(Lab)).rejects.toMatchObject({ code: 'HANDLER_DUPLICATE' });
  });

  it('[S11] refuses a handler that wants to answer', async () => {
    @Controller()
    class Lab {
      @MessagePattern('readings')
      onReading() {}
    }
    await expect(registryOf(Lab)).rejects.toMatchObject({ code: 'REPLY_PATTERN' });
  });

  it('serves a plain @EventPattern controller, whatever it returns', async () => {
    @Controller()
    class Lab {
      @EventPattern('plain')
      onEvent(@Payload() event: unknown, @Ctx() context: RecordContext) {
        seen.push([event, context.getTopic(), context.getMessage().offset]);
        return of({ error: 'a field of its own' }, 'constructor');
      }
    }
    const registry = await registryOf(Lab);
    expect(registry.subscriptions).toMatchObject([
      { topic: 'plain', contract: null, options: { groupId: 'lab-service' } },
    ]);
    expect(await handle(registry)).toEqual([{ outcome: 'stored' }, { outcome: 'stored' }]);
    expect(seen).toEqual([
      [{ n: 0 }, 'plain', '0'],
      [{ n: 1 }, 'plain', '1'],
    ]);
  });

  it("passes a handler's error through unchanged", async () => {
    @Controller()
    class Lab {
      @Consumes(READING, { groupId: 'lab' })
      onReading({ n }: Reading) {
        if (n === 1) throw failure;
      }
    }
    const [, second] = await handle(await registryOf(Lab));
    expect(second).toEqual({ error: failure });
    expect(second !== undefined && 'error' in second && second.error).toBe(failure);
  });

  it("lets a user's filter decide first", async () => {
    @Catch()
    class Forgiving implements ExceptionFilter {
      catch(error: unknown): Observable<string> {
        seen.push(error);
        return of('filtered');
      }
    }
    @Controller()
    class Lab {
      @UseFilters(Forgiving)
      @Consumes(READING, { groupId: 'lab' })
      onReading() {
        throw failure;
      }
    }
    const results = await handle(await registryOf(Lab));
    expect(results).toEqual([{ outcome: 'filtered' }, { outcome: 'filtered' }]);
    expect(seen).toEqual([failure, failure]);
  });

  it('applies guards and interceptors', async () => {
    @Injectable()
    class OnlyZero implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        const { offset } = context.switchToRpc().getContext<RecordContext>();
        return offset === 0n;
      }
    }
    @Injectable()
    class AsDuplicate implements NestInterceptor {
      intercept(_: ExecutionContext, next: CallHandler): Observable<string> {
        return next.handle().pipe(map(() => 'duplicate'));
      }
    }
    @Controller()
    @UseGuards(OnlyZero)
    @UseInterceptors(AsDuplicate)
    class Lab {
      @Consumes(READING, { groupId: 'lab' })
      onReading({ n }: Reading) {
        seen.push(n);
      }
    }
    const [first, second] = await handle(await registryOf(Lab));
    expect(first).toEqual({ outcome: 'duplicate' });
    expect(second).toHaveProperty('error');
    expect(seen).toEqual([0]);
  });
});
