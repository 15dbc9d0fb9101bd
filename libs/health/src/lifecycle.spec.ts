import { defineError } from 'millrace/errors';
import { LifecycleParticipantLateError, LifecycleStoppedError } from 'millrace/health';
import type { Participant } from 'millrace/health';
import { inFakeTime, lifecycleOf, never, recorder, settle } from './lifecycle.fixture';

class TopicMissingError extends defineError({
  code: 'KAFKA_TOPIC_MISSING',
  failure: 'fatal',
  summary: 'a topic does not exist',
  likelyCause: 'it was not created',
  fix: 'create it',
}) {}

const logged = inFakeTime();

/** Fails a number of times, then works. */
function flaky(name: string, failures: number, error: Error = new Error('ECONNREFUSED')) {
  let attempts = 0;
  const participant: Participant = {
    name,
    order: 0,
    describe: () => `${name} 127.0.0.1:9092`,
    connect: async () => {
      attempts += 1;
      if (attempts <= failures) throw error;
    },
  };
  return { participant, attempts: () => attempts };
}

describe('starting', () => {
  it('waits for nobody: the hook returns while a participant connects', async () => {
    const { lifecycle } = lifecycleOf([{ name: 'kafka', order: 0, connect: never }]);
    lifecycle.onApplicationBootstrap();
    await settle();
    expect([lifecycle.state, lifecycle.isBootstrapped]).toEqual(['starting', true]);
  });

  it('connects in rising order, and those of one order at the same time', async () => {
    const log: string[] = [];
    const { lifecycle } = lifecycleOf([
      recorder(log, 'consumer', 20),
      recorder(log, 'mongo', 0),
      recorder(log, 'kafka', 0),
    ]);
    lifecycle.onApplicationBootstrap();
    await lifecycle.whenServing();
    expect(log).toEqual([
      'connect mongo',
      'connect kafka',
      'connect mongo done',
      'connect kafka done',
      'connect consumer',
      'connect consumer done',
    ]);
  });

  it('serves only after every participant connected, and says so', async () => {
    const { participant } = flaky('kafka', 1);
    const { lifecycle, states } = lifecycleOf([participant, { name: 'none', order: 5 }]);
    lifecycle.onApplicationBootstrap();
    await settle();
    expect(lifecycle.state).toBe('starting');
    await jest.advanceTimersByTimeAsync(500);
    expect(states).toEqual(['serving']);
    expect(logged.info.at(-1)).toEqual([{ event: 'app.ready' }, 'serving']);
  });

  it('writes one readable line per attempt and goes on by itself [HLT-06]', async () => {
    const { participant } = flaky('kafka', 3);
    const { lifecycle } = lifecycleOf([participant]);
    lifecycle.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(5_000);
    expect(logged.info.map(([, message]) => message)).toEqual([
      'waiting for kafka 127.0.0.1:9092 (attempt 1)',
      'waiting for kafka 127.0.0.1:9092 (attempt 2)',
      'waiting for kafka 127.0.0.1:9092 (attempt 3)',
      'kafka 127.0.0.1:9092 is there',
      'serving',
    ]);
    expect(logged.info[2]?.[0]).toEqual({
      event: 'app.waiting',
      participant: 'kafka',
      attempt: 3,
      error: 'ECONNREFUSED',
    });
    expect(logged.errors).toEqual([]);
  });

  it('waits 0.5 s, then twice as long each time, at most 10 s', async () => {
    const { participant, attempts } = flaky('kafka', 100);
    const { lifecycle } = lifecycleOf([participant]);
    lifecycle.onApplicationBootstrap();
    await settle();
    for (const waitMs of [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
      const before = attempts();
      await jest.advanceTimersByTimeAsync(waitMs - 1);
      expect(attempts()).toBe(before);
      await jest.advanceTimersByTimeAsync(1);
      expect(attempts()).toBe(before + 1);
    }
  });

  it('spreads the intervals by a fifth', async () => {
    const attemptsAfter = async (random: number, ms: number) => {
      const { participant, attempts } = flaky('kafka', 100);
      const { lifecycle } = lifecycleOf([participant], { random: () => random });
      lifecycle.onApplicationBootstrap();
      await jest.advanceTimersByTimeAsync(ms);
      return attempts();
    };
    expect([await attemptsAfter(0, 400), await attemptsAfter(0, 399)]).toEqual([2, 1]);
    expect([await attemptsAfter(0.999, 600), await attemptsAfter(0.999, 590)]).toEqual([2, 1]);
  });

  it('tells a fatal mistake in full, once, and tries on: an operator may heal it', async () => {
    const { participant } = flaky('kafka', 3, new TopicMissingError());
    const { lifecycle } = lifecycleOf([participant]);
    lifecycle.onApplicationBootstrap();
    await settle();
    expect(logged.errors).toHaveLength(1);
    expect(logged.errors[0]?.[1]).toMatch(
      /^KAFKA_TOPIC_MISSING {2}a topic does not exist\n {2}cause/,
    );
    expect(logged.info[0]?.[0]).toMatchObject({
      event: 'app.waiting',
      error_code: 'KAFKA_TOPIC_MISSING',
    });
    await jest.advanceTimersByTimeAsync(5_000);
    expect(logged.errors).toHaveLength(1);
    expect(lifecycle.state).toBe('serving');
  });

  it('takes the same participant twice as one', async () => {
    const { participant, attempts } = flaky('kafka', 0);
    const { lifecycle } = lifecycleOf([participant, participant]);
    lifecycle.onApplicationBootstrap();
    await lifecycle.whenServing();
    expect(attempts()).toBe(1);
  });

  it('refuses a participant that comes too late', async () => {
    const { lifecycle } = lifecycleOf([]);
    lifecycle.onApplicationBootstrap();
    await lifecycle.whenServing();
    expect(() => lifecycle.register({ name: 'late', order: 0 })).toThrow(
      LifecycleParticipantLateError,
    );
  });

  it('survives a listener that throws', async () => {
    const { lifecycle } = lifecycleOf([]);
    lifecycle.onStateChange(() => {
      throw new Error('listener');
    });
    const after = jest.fn();
    lifecycle.onStateChange(after);
    lifecycle.onApplicationBootstrap();
    await settle();
    expect(after).toHaveBeenCalledWith('serving');
    expect(logged.errors).toHaveLength(1);
  });
});

describe('whenServing', () => {
  it('rejects when the shutdown begins first', async () => {
    const { lifecycle } = lifecycleOf([{ name: 'kafka', order: 0, connect: never }]);
    lifecycle.onApplicationBootstrap();
    const waiting = expect(lifecycle.whenServing()).rejects.toThrow(LifecycleStoppedError);
    lifecycle.onModuleDestroy();
    await waiting;
    await expect(lifecycle.whenServing()).rejects.toThrow(LifecycleStoppedError);
  });
});

describe('a failure', () => {
  it('is told once to everybody, also to who listens later', () => {
    const { lifecycle } = lifecycleOf([]);
    const told: unknown[] = [];
    const stop = lifecycle.onFailure((error) => told.push(error));
    lifecycle.onFailure(() => told.push('second'));
    expect(lifecycle.hasFailed).toBe(false);
    lifecycle.fail('first');
    lifecycle.fail('again');
    lifecycle.onFailure((error) => told.push(`later ${String(error)}`));
    stop();
    expect([lifecycle.hasFailed, told]).toEqual([true, ['first', 'second', 'later first']]);
  });
});
