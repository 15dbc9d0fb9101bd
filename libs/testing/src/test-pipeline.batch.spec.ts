import { Controller, Module } from '@nestjs/common';
import { defineContract } from 'millrace/contracts';
import { permanent, retryable } from 'millrace/errors';
import { KafkaModule } from 'millrace/kafka';
import { MongoModule } from 'millrace/mongo';
import { BatchError, Consumes, ConsumesBatch, PipelineModule, policy } from 'millrace/pipeline';
import type { EventBatch } from 'millrace/pipeline';
import { z } from 'zod';
import { FakeClock } from './fake-clock';
import type { TestPipeline } from './test-pipeline';
import { testPipeline } from './test-pipeline';

const Weighed = defineContract({
  name: 'lab.weight.taken',
  version: 1,
  topic: 'weights',
  key: () => 'one',
  schema: z.strictObject({ weight: z.number() }),
});
interface Weighed {
  readonly weight: number;
}

class TooLightError extends Error {}
const onError = policy()
  .when((error) => error instanceof TooLightError)
  .deadLetter()
  .otherwise()
  .retryInPlace({ maxAttempts: 3 })
  .thenDeadLetter();

const handled: Record<'single' | 'batch' | 'named' | 'mail', number[]> = {
  single: [],
  batch: [],
  named: [],
  mail: [],
};

/** 7 is too light by the policy, 8 never succeeds, 9 fails twice, 10 always fails for a while. */
function weigh(weight: number, tries: number[]): void {
  tries.push(weight);
  const attempts = tries.filter((other) => other === weight).length;
  if (weight === 7) throw new TooLightError('too light');
  if (weight === 8) throw permanent('never');
  if (weight === 9 && attempts < 3) throw retryable('not yet');
  if (weight === 10) throw retryable('never in time');
}

@Controller()
class WeightController {
  @Consumes(Weighed, { groupId: 'single', onError })
  async onWeight({ weight }: Weighed) {
    weigh(weight, handled.single);
    return weight === 5 ? 'filtered' : undefined;
  }

  @ConsumesBatch(Weighed, { groupId: 'batch', onError })
  async onWeights(batch: EventBatch<Weighed>) {
    return batch.records.map(({ event: { weight } }) => {
      try {
        weigh(weight, handled.batch);
        return weight === 5 ? ('filtered' as const) : ('stored' as const);
      } catch (error) {
        return { error };
      }
    });
  }

  @ConsumesBatch(Weighed, { groupId: 'named', onError })
  async onNamed(batch: EventBatch<Weighed>) {
    for (const [index, { event }] of batch.records.entries()) {
      try {
        weigh(event.weight, handled.named);
      } catch (error) {
        throw BatchError.at(index, error);
      }
    }
  }

  @Consumes(Weighed, { groupId: 'mail', inbox: true })
  async onMail({ weight }: Weighed): Promise<void> {
    handled.mail.push(weight);
  }
}

@Module({
  imports: [
    PipelineModule.forRoot({ service: 'lab' }),
    KafkaModule.forRoot(),
    MongoModule.forRoot(),
  ],
  controllers: [WeightController],
})
class LabModule {}

describe('batch handlers and single handlers', () => {
  let pipeline: TestPipeline;

  beforeEach(async () => {
    for (const tries of Object.values(handled)) tries.length = 0;
    pipeline = await testPipeline(LabModule, { clock: new FakeClock() });
  });
  afterEach(() => pipeline.close());

  const publish = async (...weights: readonly number[]) => {
    pipeline.faults.brokerDown();
    const ids: string[] = [];
    for (const weight of weights) {
      ids.push((await pipeline.publish(Weighed, { weight })).eventId);
    }
    pipeline.faults.brokerUp();
    return ids;
  };
  /** Offsets of the dead letters of a group, with the code of the error. */
  const lettersOf = (groupId: string) =>
    pipeline
      .deadLetters('weights')
      .map(({ headers }) => new Map(headers.map(([name, value]) => [name, String(value)])))
      .filter((headers) => headers.get('dead-letter-consumer-group') === groupId)
      .map((headers) => [
        headers.get('dead-letter-original-offset'),
        headers.get('dead-letter-reason'),
      ])
      .sort();

  it('[CON-02] answer per record, and one policy treats the records of both alike', async () => {
    await publish(1, 7, 2, 8, 3, 9, 4, 10, 5, 6);
    await pipeline.settled({ timeoutMs: 600_000 });
    const expected = [
      ['1', 'handler-permanent'],
      ['3', 'handler-permanent'],
      ['7', 'attempts-exhausted'],
    ];
    for (const groupId of ['single', 'batch', 'named']) {
      expect([groupId, lettersOf(groupId)]).toEqual([groupId, expected]);
    }
    const triesOf = (tries: readonly number[], weight: number) =>
      tries.filter((other) => other === weight).length;
    for (const tries of [handled.single, handled.batch, handled.named]) {
      expect([7, 8, 9, 10].map((weight) => triesOf(tries, weight))).toEqual([1, 1, 3, 3]);
      expect(new Set(tries)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    }
    // What a batch handler had an outcome for is not handled again.
    expect(handled.batch.filter((weight) => weight < 7).sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('[DEL-05] a handler with an inbox is not called for what it has dealt with', async () => {
    const ids = await publish(1, 2, 3);
    await pipeline.settled({ timeoutMs: 600_000 });
    pipeline.faults.duplicate(Weighed, 3);
    await pipeline.settled({ timeoutMs: 600_000 });
    expect(handled.mail).toEqual([1, 2, 3]);
    expect(handled.single).toEqual([1, 2, 3, 1, 2, 3]);
    expect(pipeline.inbox.remembered('mail')).toEqual(ids);
  });

  it('[DEL-05] waits while the inbox is away, and calls the handler once for each afterwards', async () => {
    pipeline.inbox.inboxDown();
    await publish(1, 2);
    pipeline.broker.clock.setTimer(() => pipeline.inbox.inboxUp(), 30_000);
    await pipeline.settled({ timeoutMs: 600_000 });
    expect(handled.mail).toEqual([1, 2]);
    expect(pipeline.deadLetters('weights')).toEqual([]);
  });
});
