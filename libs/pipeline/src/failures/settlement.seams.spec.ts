import { Logger } from '@nestjs/common';
import { defineError, permanent, retryable } from 'millrace/errors';
import { FakeClock } from 'millrace/testing';
import { numbers, readAt, recordAt, StoreAwayError } from '../fakes/records';
import { SettlementScene } from '../fakes/settlement.scene';
import { batchHandling, recordHandling } from '../handling/handling';
import { Tally } from '../records/tally';
import type { EventBatch } from '../records/record-context';
import { OPEN_LINE } from './line';
import { policy } from './policy';

beforeAll(() => Logger.overrideLogger(false));

class LockedOutError extends defineError({
  code: 'SINK_LOCKED_OUT',
  failure: 'fatal',
  summary: 'locked out',
  likelyCause: 'a test',
  fix: 'nothing',
}) {}

const toDeadLetters = policy().otherwise().deadLetter();
const fails = (error: unknown) =>
  recordHandling(async () => {
    throw error as Error;
  });

describe('what a settlement is told and tells', () => {
  it('[ERR-08] asks the line before each dead letter is written, and writes what it admits', async () => {
    const asked: number[] = [];
    const line = {
      ...OPEN_LINE,
      admit: async (failures: readonly unknown[]) => {
        asked.push(failures.length);
        expect(scene.producer.published).toHaveLength(4 - failures.length);
        return Math.min(failures.length, 3);
      },
    };
    const handling = batchHandling(async (batch) =>
      (batch as EventBatch<unknown>).records.map(() => ({ error: permanent('no') })),
    );
    const scene: SettlementScene = new SettlementScene(
      new FakeClock(),
      handling,
      undefined,
      undefined,
      { line },
    );
    await scene.settlement.settle(numbers(4).map(readAt), scene.scope, new Tally());
    expect(asked).toEqual([4, 1]);
    expect(scene.producer.published).toHaveLength(4);
  });

  it('lets a breaker decide when to call, and tells it how each call ended', async () => {
    const told: string[] = [];
    const breaker = {
      enter: async () => void told.push('enter'),
      report: (calls: { succeeded: number; failed: number }) =>
        void told.push(`${calls.succeeded}/${calls.failed}`),
    };
    const failures: unknown[] = [undefined, retryable('busy'), new StoreAwayError(), undefined];
    const handling = recordHandling(async () => {
      const error = failures.shift();
      if (error !== undefined) throw error as Error;
    });
    const clock = new FakeClock();
    const scene = new SettlementScene(clock, handling, toDeadLetters, undefined, { breaker });
    const done = scene.process([recordAt(0), recordAt(1), recordAt(2)], scene.scope);
    await clock.advance(60_000);
    await done;
    expect(told).toEqual(['enter', '1/0', 'enter', '0/1', 'enter', '0/0', 'enter', '1/0']);
  });

  it('tells each time that it waits for a fatal error', async () => {
    const told: string[] = [];
    const clock = new FakeClock();
    const onFatal = ({ code }: { code: string }) => void told.push(code);
    const handling = fails(new LockedOutError());
    const scene = new SettlementScene(clock, handling, undefined, undefined, { onFatal });
    const done = scene.process([recordAt(0)], scene.scope);
    await clock.advance(30_000);
    expect(told.length).toBeGreaterThan(2);
    expect([...new Set(told), scene.deadLetters.length]).toEqual(['SINK_LOCKED_OUT', 0]);
    scene.abort.abort(new Error('revoked'));
    await expect(done).rejects.toThrow('revoked');
  });

  it('[G4] waits before the call for what it needs, and begins small after it', async () => {
    const clock = new FakeClock();
    const sizes: number[] = [];
    const handling = batchHandling(async (batch) => {
      sizes.push((batch as EventBatch<unknown>).records.length);
      if (sizes.length === 1) throw new StoreAwayError();
    });
    const scene = new SettlementScene(clock, handling, undefined, undefined, { needs: ['store'] });
    const slice = numbers(300).map((offset) => recordAt(offset));
    const first = scene.process(slice, scene.scope);
    await clock.flush();
    const second = scene.process(slice, scene.scope);
    await clock.flush();
    expect(sizes).toEqual([300]);
    await clock.advance(60_000);
    await Promise.all([first, second]);
    expect(sizes.slice(1, 3)).toEqual([10, 10]);
    expect(sizes.slice(1).reduce((sum, size) => sum + size, 0)).toBe(600);
    expect(scene.gates.find('store')?.state).toBe('open');
    expect(scene.deadLetters).toEqual([]);
  });

  it('opens the gate of the dead letter topic fully once a dead letter was taken', async () => {
    const clock = new FakeClock();
    const scene = new SettlementScene(clock, fails(permanent('no')));
    scene.producer.refuse();
    const done = scene.process([recordAt(0)], scene.scope);
    await clock.advance(100);
    expect(scene.gates.find('dead-letter')?.state).toBe('closed');
    scene.producer.answer = () => null;
    await clock.advance(60_000);
    await done;
    expect(scene.gates.find('dead-letter')?.state).toBe('open');
    expect(scene.deadLetters).toHaveLength(1);
  });
});

describe('a range that cannot be decoded', () => {
  const error = permanent('corrupt');
  const range = recordAt(1, {
    key: null,
    value: null,
    undecodable: { first: 1n, next: 11n, records: 10, error },
  });
  const slice = [recordAt(0), range, recordAt(11)];

  it('[Q3] [F13] is one dead letter that points at it, and the rest goes on', async () => {
    const scene = new SettlementScene(
      new FakeClock(),
      recordHandling(async () => undefined),
    );
    await scene.process(slice, scene.scope);
    expect(scene.deadLetters).toEqual(['1 undecodable 0']);
    expect(scene.producer.published[0]).toMatchObject({ key: null, value: null });
    expect(scene.finished[0]?.outcomes).toEqual({ stored: 2, 'dead-letter': 1 });
  });

  it('[Q3] waits for a person under policy stop, behind the records before it', async () => {
    const handled: bigint[] = [];
    let resume = (): void => undefined;
    const held: string[] = [];
    const line = {
      ...OPEN_LINE,
      hold: (cause: Error) => {
        held.push(cause.message);
        return new Promise<void>((resolve) => (resume = resolve));
      },
    };
    const clock = new FakeClock();
    const handling = recordHandling(async (event) => {
      handled.push(BigInt((event as { n: number }).n));
    });
    const scene = new SettlementScene(clock, handling, undefined, undefined, { line });
    const done = scene.processStopping(slice, scene.scope);
    await clock.advance(600_000);
    expect([held, handled, scene.deadLetters]).toEqual([['corrupt'], [0n], []]);
    resume();
    await done;
    expect([handled, scene.deadLetters]).toEqual([[0n, 11n], ['1 undecodable 0']]);
  });
});

describe('letters on their way', () => {
  const refusing = recordHandling(async () => {
    throw permanent('no');
  });

  it('do not keep the next record waiting; the slice reports when all of them have arrived', async () => {
    const clock = new FakeClock();
    const scene = new SettlementScene(clock, refusing);
    let acknowledge = (): void => undefined;
    const publish = scene.producer.publish.bind(scene.producer);
    scene.producer.publish = async (records) => {
      const answers = await publish(records);
      await new Promise<void>((resolve) => (acknowledge = resolve));
      return answers;
    };
    const rest = await scene.worker.process([recordAt(0)], scene.scope);
    expect([scene.deadLetters, scene.finished]).toEqual([['0 handler-permanent 1'], []]);
    acknowledge();
    await rest?.durable;
    expect(scene.finished[0]?.outcomes).toEqual({ 'dead-letter': 1 });
  });

  it('keep the next failure waiting once their topic takes nothing', async () => {
    const clock = new FakeClock();
    const scene = new SettlementScene(clock, refusing);
    scene.producer.refuse();
    scene.isDeadLetterTopicUp = false;
    const first = await scene.worker.process([recordAt(0)], scene.scope);
    await clock.advance(1_000);
    let isHandled = false;
    const second = scene.worker
      .process([recordAt(1)], scene.scope)
      .finally(() => (isHandled = true));
    await clock.advance(60_000);
    expect(isHandled).toBe(false);
    scene.producer.answer = () => null;
    scene.isDeadLetterTopicUp = true;
    await clock.advance(60_000);
    await Promise.all([first?.durable, second.then((rest) => rest?.durable)]);
    expect(scene.deadLetters.sort()).toEqual(['0 handler-permanent 1', '1 handler-permanent 1']);
  });

  it('are written again whatever went wrong with them', async () => {
    const clock = new FakeClock();
    const scene = new SettlementScene(clock, refusing);
    const publish = scene.producer.publish.bind(scene.producer);
    scene.producer.publish = () => Promise.reject(new TypeError('a bug of a client'));
    const done = scene.process([recordAt(0)], scene.scope);
    await clock.advance(5_000);
    expect(scene.finished).toEqual([]);
    scene.producer.publish = publish;
    await clock.advance(60_000);
    await done;
    expect(scene.deadLetters).toEqual(['0 handler-permanent 1']);
  });

  it('are given up with the signal: the slice is not finished', async () => {
    const clock = new FakeClock();
    const scene = new SettlementScene(clock, refusing);
    scene.producer.refuse();
    scene.isDeadLetterTopicUp = false;
    const rest = await scene.worker.process([recordAt(0)], scene.scope);
    const given = expect(rest?.durable).rejects.toThrow('revoked');
    scene.abort.abort(new Error('revoked'));
    await clock.advance(1_000);
    await given;
    expect(scene.finished).toEqual([]);
  });
});
