import { Logger } from '@nestjs/common';
import { permanent, retryable } from 'millrace/errors';
import { constant } from 'millrace/retry';
import { FakeClock } from 'millrace/testing';
import { recordAt, StoreAwayError } from '../fakes/records';
import { SettlementScene } from '../fakes/settlement.scene';
import { batchHandling, recordHandling } from '../handling/handling';
import type { Handling } from '../handling/handling';
import type { OutgoingRecord } from '../ports/producer';
import type { EventBatch, RecordContext } from '../records/record-context';
import type { ErrorPolicy } from './policy';
import { policy, retryDelaysOf } from './policy';
import { retryTiersOf } from './retry-topics';

beforeAll(() => Logger.overrideLogger(false));

const twoTopics = policy()
  .otherwise()
  .retryInPlace({ maxAttempts: 2, backoff: constant(100) })
  .thenRetryTopic('10s', '1m');

const always = (error: () => unknown): Handling =>
  recordHandling(async () => {
    throw error();
  });

const textsOf = ({ headers }: Pick<OutgoingRecord, 'headers'>) =>
  Object.fromEntries(headers.map(([name, value]) => [name, value?.toString()]));

/** What was published to a retry topic, as the reader of that topic gets it. */
const readBack = (sent: OutgoingRecord, offset: number) =>
  recordAt(offset, { key: sent.key, value: sent.value, headers: sent.headers });

async function finish(clock: FakeClock, done: Promise<void>, ms = 1_000): Promise<void> {
  await clock.advance(ms);
  await done;
}

describe('a policy with retry topics', () => {
  it('has one topic per delay of all its rules, the shortest first', () => {
    const onError = policy()
      .when(() => true)
      .retryTopic('1m', '10m')
      .otherwise()
      .retryInPlace()
      .thenRetryTopic('10s', '1m');
    expect(retryDelaysOf(onError)).toEqual([10_000, 60_000, 600_000]);
    expect(retryTiersOf('readings', { groupId: 'lab', onError })).toEqual([
      { tier: 0, topic: 'readings.retry.0', delayMs: 0 },
      { tier: 1, topic: 'readings.retry.1', delayMs: 10_000 },
      { tier: 2, topic: 'readings.retry.2', delayMs: 60_000 },
      { tier: 3, topic: 'readings.retry.3', delayMs: 600_000 },
    ]);
    const own = retryTiersOf('readings', { groupId: 'lab', onError, retryTopicScope: 'group' });
    expect(own[1]?.topic).toBe('readings.lab.retry.1');
  });

  it('waits 10 s, 1 m and 10 m unless it names delays', () => {
    expect(retryDelaysOf(policy().otherwise().retryTopic())).toEqual([10_000, 60_000, 600_000]);
    expect(retryDelaysOf(policy())).toEqual([]);
  });

  it.each([
    ['no time', ['soon']],
    ['zero', [0]],
    ['descending', ['1m', '10s']],
    ['the same twice', ['60s', '1m']],
  ])('refuses delays that are %s', (_what, delays) => {
    const choose = () =>
      policy()
        .otherwise()
        .retryTopic(...(delays as ['1s']));
    expect(choose).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }));
  });
});

describe('a record whose tries in place are used up', () => {
  it('[ERR-03] [RT3] [RT5] moves to the first retry topic with bytes and headers kept', async () => {
    const clock = new FakeClock();
    const scene = new SettlementScene(
      clock,
      always(() => retryable('busy')),
      twoTopics,
    );
    const headers = [['ce_id', Buffer.from('e-1')]] as const;
    const record = recordAt(0, { headers, key: Buffer.from([1, 255]) });
    await finish(clock, scene.process([record], scene.scope));
    expect(scene.finished[0]?.outcomes).toEqual({ retry: 1 });
    const [sent] = scene.producer.published as [OutgoingRecord];
    expect(sent).toMatchObject({ topic: 'readings.retry.1', key: record.key, value: record.value });
    expect(textsOf(sent)).toMatchObject({
      ce_id: 'e-1',
      'retry-tier': '1',
      'retry-due-at': new Date(clock.now() - 900 + 10_000).toISOString(),
      'dead-letter-attempts': '2',
      'dead-letter-original-topic': 'readings',
      'dead-letter-original-offset': '0',
      'dead-letter-consumer-group': 'lab',
      'dead-letter-event-id': 'e-1',
    });
    expect(textsOf(sent)).not.toHaveProperty('dead-letter-reason');
  });

  it('[RT5] is not finished while the retry topic does not take it', async () => {
    const clock = new FakeClock();
    const scene = new SettlementScene(
      clock,
      always(() => retryable('busy')),
      twoTopics,
    );
    scene.producer.refuse();
    scene.isDeadLetterTopicUp = false;
    const done = scene.process([recordAt(0)], scene.scope);
    await clock.advance(600_000);
    expect([scene.finished, scene.producer.published]).toEqual([[], []]);
    scene.producer.answer = () => null;
    scene.isDeadLetterTopicUp = true;
    await finish(clock, done, 60_000);
    expect(scene.finished[0]?.outcomes).toEqual({ retry: 1 });
  });

  it('is a dead letter when the retry topic can never take it', async () => {
    const clock = new FakeClock();
    const scene = new SettlementScene(
      clock,
      always(() => retryable('busy')),
      twoTopics,
    );
    scene.producer.answer = ({ topic }) =>
      topic.includes('retry') ? { status: 'failed', error: permanent('too large') } : null;
    await finish(clock, scene.process([recordAt(0)], scene.scope));
    expect(scene.deadLetters).toEqual(['0 attempts-exhausted 2']);
  });

  it('[RT7] stays where it is when it was infrastructure that failed', async () => {
    const clock = new FakeClock();
    const failing = always(() => new StoreAwayError());
    const scene = new SettlementScene(clock, failing, twoTopics);
    scene.isStoreUp = false;
    const done = scene.process([recordAt(0)], scene.scope);
    await clock.advance(120_000);
    expect(scene.producer.published).toEqual([]);
    scene.abort.abort(new Error('revoked'));
    await expect(done).rejects.toThrow('revoked');
  });

  it('[RT6] [ERR-04] leaves a batch alone: the others are stored', async () => {
    const clock = new FakeClock();
    const handling = batchHandling(async (batch) =>
      (batch as EventBatch<{ n: number }>).records.map(({ event: { n } }) =>
        n === 1 ? { error: retryable('busy') } : 'stored',
      ),
    );
    const scene = new SettlementScene(clock, handling, policy().otherwise().retryTopic('10s'));
    await finish(
      clock,
      scene.process(
        [0, 1, 2].map((n) => recordAt(n)),
        scene.scope,
      ),
    );
    expect(scene.finished[0]?.outcomes).toEqual({ stored: 2, retry: 1 });
    expect(scene.producer.published).toMatchObject([{ topic: 'readings.retry.1' }]);
  });

  it('never waits in place for longer than 30 s in all', async () => {
    const clock = new FakeClock();
    const onError = policy()
      .otherwise()
      .retryInPlace({ maxAttempts: 100, backoff: constant(9_000) })
      .thenDeadLetter();
    const scene = new SettlementScene(
      clock,
      always(() => retryable('busy')),
      onError,
    );
    await finish(clock, scene.process([recordAt(0)], scene.scope), 60_000);
    expect(scene.deadLetters).toEqual(['0 attempts-exhausted 4']);
  });
});

describe('a record of a retry topic', () => {
  interface Stage {
    readonly clock: FakeClock;
    readonly sent: OutgoingRecord;
    readonly attempts: string[];
    open(tier: number, failure?: () => unknown, onError?: ErrorPolicy): SettlementScene;
  }

  async function stage(headers: OutgoingRecord['headers'] = []): Promise<Stage> {
    const clock = new FakeClock();
    const first = new SettlementScene(
      clock,
      always(() => retryable('busy')),
      twoTopics,
    );
    await finish(clock, first.process([recordAt(5, { headers })], first.scope));
    const attempts: string[] = [];
    const open: Stage['open'] = (tier, failure, onError = twoTopics) => {
      const handling = recordHandling(async (_event, context) => {
        const { eventId, attempt } = context as RecordContext;
        attempts.push(`${eventId}#${attempt}`);
        const error = failure?.();
        if (error !== undefined) throw error as Error;
      });
      return new SettlementScene(clock, handling, onError, tier);
    };
    return { clock, sent: first.producer.published[0] as OutgoingRecord, attempts, open };
  }

  it('[ERR-03] [RT2] waits until it is due, and is the next attempt then', async () => {
    const { clock, sent, attempts, open } = await stage();
    const scene = open(1);
    const done = scene.process([readBack(sent, 0)], scene.scope);
    const dueInMs = Date.parse(textsOf(sent)['retry-due-at'] ?? '') - clock.now();
    await clock.advance(dueInMs - 1);
    expect(attempts).toEqual([]);
    await finish(clock, done, 1);
    // The identity of the first reading, although it lies elsewhere now.
    expect(attempts).toEqual(['readings@1:0:5#3']);
    expect(scene.finished[0]?.outcomes).toEqual({ stored: 1 });
  });

  it('takes one try per retry topic, then the next one, then the dead letter topic', async () => {
    const { clock, sent, attempts, open } = await stage([['ce_id', Buffer.from('e-5')]]);
    const failure = () => retryable('still busy');
    const second = open(1, failure);
    await finish(clock, second.process([readBack(sent, 0)], second.scope), 11_000);
    const [again] = second.producer.published as [OutgoingRecord];
    expect(again.topic).toBe('readings.retry.2');
    expect(textsOf(again)).toMatchObject({ 'retry-tier': '2', 'dead-letter-attempts': '3' });
    const third = open(2, failure);
    await finish(clock, third.process([readBack(again, 0)], third.scope), 61_000);
    expect(third.producer.published).toMatchObject([{ topic: 'readings.dead-letter' }]);
    expect(third.deadLetters).toEqual(['5 attempts-exhausted 4']);
    expect(attempts).toEqual(['e-5#3', 'e-5#4']);
  });

  it('handles together what is due together, and lets nobody overtake', async () => {
    const { clock, sent, attempts, open } = await stage();
    const dueIn = (ms: number, offset: number) => {
      const dueAt = Buffer.from(new Date(clock.now() + ms).toISOString());
      const headers = sent.headers.map(
        ([name, value]) => [name, name === 'retry-due-at' ? dueAt : value] as const,
      );
      return { ...readBack(sent, offset), headers };
    };
    const scene = open(1);
    const slice = [dueIn(1_000, 0), dueIn(1_000, 1), dueIn(5_000, 2)];
    const done = scene.process(slice, scene.scope);
    await clock.advance(1_000);
    expect(attempts).toHaveLength(2);
    await finish(clock, done, 4_000);
    expect(attempts).toHaveLength(3);
  });

  it('[RT4] is not for another group, which says so by its outcome', async () => {
    const { sent, attempts, open } = await stage();
    const headers = sent.headers.map(
      ([name, value]) =>
        [name, name === 'dead-letter-consumer-group' ? Buffer.from('other') : value] as const,
    );
    const scene = open(1);
    await scene.process([{ ...readBack(sent, 0), headers }], scene.scope);
    expect(scene.finished[0]?.outcomes).toEqual({ filtered: 1 });
    expect(attempts).toEqual([]);
  });

  it('that somebody else wrote there is a dead letter, not a retry of anything', async () => {
    const { attempts, open } = await stage();
    const scene = open(1);
    await scene.process([recordAt(3)], scene.scope);
    expect(scene.deadLetters).toEqual(['3 malformed 0']);
    expect(attempts).toEqual([]);
  });
});

describe('pause', () => {
  it('waits behind the gate that the policy names, without an attempt', async () => {
    const clock = new FakeClock();
    let isBusy = true;
    const handling = recordHandling(async () => {
      if (isBusy) throw new Error('HTTP 503');
    });
    const onError = policy()
      .when((error) => String(error).includes('503'))
      .pause('store')
      .otherwise()
      .deadLetter();
    const scene = new SettlementScene(clock, handling, onError);
    scene.isStoreUp = false;
    const done = scene.process([recordAt(0)], scene.scope);
    await clock.advance(60_000);
    expect(scene.gates.closed).toMatchObject([{ dependency: 'store' }]);
    isBusy = false;
    scene.isStoreUp = true;
    await finish(clock, done, 60_000);
    expect([scene.finished[0]?.outcomes, scene.deadLetters]).toEqual([{ stored: 1 }, []]);
  });
});
