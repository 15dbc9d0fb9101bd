import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { permanent, retryable } from 'millrace/errors';
import { constant } from 'millrace/retry';
import { FakeClock } from 'millrace/testing';
import { Tally } from '../records/tally';
import { BatchError } from '../records/batch.errors';
import { numbers, readAt, recordAt, StoreAwayError } from '../fakes/records';
import { SettlementScene } from '../fakes/settlement.scene';
import { batchHandling, recordHandling, sinkHandling } from '../handling/handling';
import type { PipelineRecord } from '../records/pipeline-record';
import { DeadLetterWriter } from './dead-letter.writer';
import { policy } from './policy';
import { FakeProducer } from '../fakes/fake-producer';
import type { EventBatch, RecordContext } from '../records/record-context';

beforeAll(() => Logger.overrideLogger(false));

interface Call {
  readonly n: number;
  readonly attempt: number;
}

/** A record handler that fails as the test says; keeps what it was called with. */
function handlerOf(failure: (call: Call) => unknown) {
  const calls: string[] = [];
  const handling = recordHandling(async (event, context) => {
    const { n } = event as { n: number };
    const { attempt } = context as RecordContext;
    calls.push(`${n}#${attempt}`);
    const error = failure({ n, attempt });
    if (error !== undefined) throw error as Error;
  });
  return { calls, handling };
}

/** A batch handler that throws what the test says about the offsets it got. */
function batchHandlerOf(failure: (offsets: number[]) => unknown) {
  const calls: number[][] = [];
  const handling = batchHandling(async (batch) => {
    const offsets = (batch as EventBatch<{ n: number }>).records.map(({ event }) => event.n);
    calls.push(offsets);
    const error = failure(offsets);
    if (error !== undefined) throw error as Error;
  });
  return { calls, handling };
}

const quick = policy()
  .otherwise()
  .retryInPlace({ maxAttempts: 3, backoff: constant(100) })
  .thenDeadLetter();

const slice = (count: number) => numbers(count).map((offset) => recordAt(offset));

describe('Settlement of a record handler', () => {
  it('[ERR-02] retries in place, in order, with the number of the attempt', async () => {
    const clock = new FakeClock();
    const { calls, handling } = handlerOf(({ n, attempt }) =>
      n === 1 && attempt < 3 ? retryable('busy') : undefined,
    );
    const scene = new SettlementScene(clock, handling, quick);
    const done = scene.process(slice(3), scene.scope);
    await clock.advance(199);
    expect(calls).toEqual(['0#1', '1#1', '1#2']);
    await clock.advance(1);
    await done;
    expect(calls).toEqual(['0#1', '1#1', '1#2', '1#3', '2#1']);
    expect(scene.finished).toMatchObject([{ outcomes: { stored: 3 }, records: 3 }]);
  });

  it('[ERR-02] dead-letters after the last attempt and goes on', async () => {
    const clock = new FakeClock();
    const { handling } = handlerOf(({ n }) => (n === 0 ? new Error('odd') : undefined));
    const scene = new SettlementScene(clock, handling, quick);
    const done = scene.process(slice(2), scene.scope);
    await clock.advance(200);
    await done;
    expect(scene.deadLetters).toEqual(['0 attempts-exhausted 3']);
    expect(scene.finished[0]?.outcomes).toEqual({ 'dead-letter': 1, stored: 1 });
  });

  it.each([
    ['a permanent error', () => permanent('negative')],
    ['[P1] a bug of the handler', () => new TypeError('x is not a function')],
  ])('dead-letters %s at once', async (_, failure) => {
    const { calls, handling } = handlerOf(({ n }) => (n === 0 ? failure() : undefined));
    const scene = new SettlementScene(new FakeClock(), handling, quick);
    await scene.process(slice(2), scene.scope);
    expect(scene.deadLetters).toEqual(['0 handler-permanent 1']);
    expect(calls).toEqual(['0#1', '1#1']);
  });

  it('[ERR-07] dead-letters exactly the one bad record among good ones', async () => {
    const { calls, handling } = handlerOf(() => undefined);
    const scene = new SettlementScene(new FakeClock(), handling);
    const records = [recordAt(0), recordAt(1, { value: Buffer.from('{') }), recordAt(2)];
    await scene.process(records, scene.scope);
    expect(calls).toEqual(['0#1', '2#1']);
    expect(scene.deadLetters).toEqual(['1 malformed 0']);
    expect(scene.finished[0]?.outcomes).toEqual({ 'dead-letter': 1, stored: 2 });
  });

  it.each(['stored', 'duplicate', 'stale', 'filtered'] as const)(
    'counts %s as the outcome that the handler says',
    async (outcome) => {
      const handling = recordHandling(async () => outcome);
      const scene = new SettlementScene(new FakeClock(), handling);
      await scene.process(slice(2), scene.scope);
      expect(scene.finished[0]?.outcomes).toEqual({ [outcome]: 2 });
      const { values } = await scene.metrics.processed.get();
      expect(values.map(({ labels, value }) => [labels.outcome, value])).toEqual([[outcome, 2]]);
    },
  );

  it('[ERR-09] waits for a dependency without counting an attempt or a dead letter', async () => {
    const clock = new FakeClock();
    const { calls, handling } = handlerOf(() =>
      scene.isStoreUp ? undefined : new Error('wrapped', { cause: new StoreAwayError() }),
    );
    const scene: SettlementScene = new SettlementScene(clock, handling, quick);
    scene.isStoreUp = false;
    const done = scene.process(slice(2), scene.scope);
    await clock.advance(600_000);
    expect(calls).toEqual(['0#1']);
    expect(scene.probes).toBeGreaterThan(10);
    expect(scene.gates.closed).toMatchObject([{ dependency: 'store', code: 'SINK_AWAY' }]);
    scene.isStoreUp = true;
    await clock.advance(31_000);
    await done;
    expect(calls).toEqual(['0#1', '0#1', '1#1']);
    expect([scene.deadLetters, scene.gates.closed]).toEqual([[], []]);
  });

  it('[ERR-08] [W2] finishes nothing while the dead letter topic is away', async () => {
    const clock = new FakeClock();
    const { handling } = handlerOf(() => permanent('no'));
    const scene = new SettlementScene(clock, handling);
    scene.producer.refuse();
    scene.isDeadLetterTopicUp = false;
    let isDone = false;
    const done = scene.process(slice(1), scene.scope).then(() => (isDone = true));
    await clock.advance(600_000);
    expect([isDone, scene.deadLetters, scene.finished]).toEqual([false, [], []]);
    scene.producer.answer = () => null;
    scene.isDeadLetterTopicUp = true;
    await clock.advance(60_000);
    await done;
    expect(scene.deadLetters).toEqual(['0 handler-permanent 1']);
  });

  it('[NC4] control: a dead letter that is not awaited is counted although nobody has it', async () => {
    const clock = new FakeClock();
    const { handling } = handlerOf(() => permanent('no'));
    const producer = new FakeProducer();
    producer.refuse();
    const careless = new DeadLetterWriter(producer, clock);
    careless.write = async (failures, origin) => {
      void DeadLetterWriter.prototype.write.call(careless, failures, origin).catch(() => undefined);
    };
    const scene = new SettlementScene(clock, handling, quick, undefined, { deadLetters: careless });
    await scene.process(slice(1), scene.scope);
    expect([scene.finished[0]?.outcomes, producer.published]).toEqual([{ 'dead-letter': 1 }, []]);
  });

  it.each([
    ['a backoff', () => retryable('busy')],
    ['a gate', () => new StoreAwayError()],
  ])('leaves the slice unfinished when it is abandoned during %s', async (_, failure) => {
    const clock = new FakeClock();
    const { calls, handling } = handlerOf(failure);
    const scene = new SettlementScene(clock, handling, quick);
    scene.isStoreUp = false;
    const done = scene.process(slice(2), scene.scope);
    const rejected = expect(done).rejects.toThrow('revoked');
    await clock.advance(50);
    scene.abort.abort(new Error('revoked'));
    await rejected;
    expect([calls, scene.finished, scene.deadLetters]).toEqual([['0#1'], [], []]);
  });

  it('takes a failure after the signal for no failure of the record', async () => {
    const { handling } = handlerOf(() => {
      scene.abort.abort(new Error('revoked'));
      return permanent('the connection was cut');
    });
    const scene: SettlementScene = new SettlementScene(new FakeClock(), handling);
    await expect(scene.process(slice(1), scene.scope)).rejects.toThrow('revoked');
    expect(scene.deadLetters).toEqual([]);
  });
});

describe('Settlement of a batch handler', () => {
  it('[CON-04] handles again only what comes after the record that the handler names', async () => {
    const clock = new FakeClock();
    const { calls, handling } = batchHandlerOf((offsets) =>
      offsets.includes(2) ? BatchError.at(offsets.indexOf(2), permanent('no')) : undefined,
    );
    const scene = new SettlementScene(clock, handling);
    await scene.process(slice(5), scene.scope);
    expect(calls).toEqual([
      [0, 1, 2, 3, 4],
      [3, 4],
    ]);
    expect(scene.deadLetters).toEqual(['2 handler-permanent 1']);
    expect(scene.finished[0]?.outcomes).toEqual({ 'dead-letter': 1, stored: 4 });
  });

  it('finds the guilty record of an anonymous throw in at most 2 * log2(n) + 1 more calls', async () => {
    const sizes = fc.integer({ min: 1, max: 200 });
    const places = sizes.chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)));
    await fc.assert(
      fc.asyncProperty(places, async ([size, guilty]) => {
        const { calls, handling } = batchHandlerOf((offsets) =>
          offsets.includes(guilty) ? new TypeError('bug') : undefined,
        );
        const scene = new SettlementScene(new FakeClock(), handling);
        await scene.settlement.settle(numbers(size).map(readAt), scene.scope, new Tally());
        expect(scene.deadLetters).toEqual([`${guilty} handler-permanent 1`]);
        expect(calls.length - 1).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(size)) + 1);
        const good = calls.filter((offsets) => !offsets.includes(guilty)).flat();
        expect(good).toEqual(numbers(size).filter((offset) => offset !== guilty));
      }),
      { numRuns: 300 },
    );
  });

  it('halves nothing while a dependency is away', async () => {
    const clock = new FakeClock();
    const { calls, handling } = batchHandlerOf(() =>
      calls.length === 1 ? new StoreAwayError() : undefined,
    );
    const scene = new SettlementScene(clock, handling);
    const done = scene.process(slice(4), scene.scope);
    await clock.advance(1_000);
    await done;
    expect(calls.map(({ length }) => length)).toEqual([4, 4]);
  });
});

describe('Settlement of a sink', () => {
  const sinkOf = (write: (records: readonly PipelineRecord[]) => unknown) =>
    sinkHandling({ name: 'store', write: write as never, probe: async () => undefined }, 1_000);

  it('writes again only what a dependency kept from being stored', async () => {
    const clock = new FakeClock();
    const writes: bigint[][] = [];
    const handling = sinkOf(async (records) => {
      writes.push(records.map(({ raw }) => raw.offset));
      const isFirst = writes.length === 1;
      return records.map(({ raw: { offset } }) => {
        if (offset === 0n) return { outcome: 'duplicate' };
        return isFirst && offset > 1n ? { error: new StoreAwayError() } : { outcome: 'stored' };
      });
    });
    const scene = new SettlementScene(clock, handling);
    const done = scene.process(slice(4), scene.scope);
    await clock.advance(1_000);
    await done;
    expect(writes).toEqual([
      [0n, 1n, 2n, 3n],
      [2n, 3n],
    ]);
    expect(scene.finished[0]?.outcomes).toEqual({ duplicate: 1, stored: 3 });
  });

  it.each([
    ['too few answers', []],
    ['a hole in its answers', [undefined, { outcome: 'stored' }]],
    ['an outcome that does not exist', [{ outcome: 'fine' }, { outcome: 'stored' }]],
  ])('takes nothing for stored after %s', async (_, answer) => {
    const handling = sinkOf(async () => answer);
    const scene = new SettlementScene(new FakeClock(), handling);
    await scene.process(slice(2), scene.scope);
    expect(scene.deadLetters[0]).toBe('0 handler-permanent 1');
    expect(scene.finished[0]?.outcomes.stored ?? 0).toBe(answer.length === 0 ? 0 : 1);
  });
});
