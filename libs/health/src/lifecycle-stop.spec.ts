import type { LifecycleOptions, Participant } from 'millrace/health';
import { inFakeTime, lifecycleOf, never, recorder, settle } from './lifecycle.fixture';

const logged = inFakeTime();

describe('stopping', () => {
  async function serving(participants: readonly Participant[], options: LifecycleOptions = {}) {
    const result = lifecycleOf(participants, options);
    result.lifecycle.onApplicationBootstrap();
    await result.lifecycle.whenServing();
    return result;
  }

  it('makes readiness fail synchronously [HLT-05]', async () => {
    const { lifecycle, states } = await serving([]);
    lifecycle.onModuleDestroy();
    expect([lifecycle.state, states]).toEqual(['draining', ['serving', 'draining']]);
  });

  it('drains and closes in falling order: what writes ends before what is written to [HLT-04]', async () => {
    const log: string[] = [];
    const { lifecycle, states } = await serving([
      recorder(log, 'mongo', 0),
      recorder(log, 'kafka', 10),
      recorder(log, 'consumer', 20),
    ]);
    log.length = 0;
    lifecycle.onModuleDestroy();
    await lifecycle.beforeApplicationShutdown();
    log.push('http closes');
    await lifecycle.onApplicationShutdown();
    expect(log.filter((line) => !line.endsWith('done'))).toEqual([
      'drain consumer',
      'drain kafka',
      'drain mongo',
      'http closes',
      'close consumer',
      'close kafka',
      'close mongo',
    ]);
    expect(log.indexOf('drain consumer done')).toBeLessThan(log.indexOf('drain kafka'));
    expect(states).toEqual(['serving', 'draining', 'stopped']);
    expect(logged.info.at(-1)?.[0]).toEqual({ event: 'app.stop', drain_ms: 0 });
  });

  it('keeps HTTP open for the readiness lag, beside the drain', async () => {
    const { lifecycle } = await serving(
      [{ name: 'kafka', order: 0, drain: () => new Promise((end) => setTimeout(end, 3_000)) }],
      { readinessLagMs: 5_000 },
    );
    const done = jest.fn();
    void lifecycle.beforeApplicationShutdown().then(done);
    await jest.advanceTimersByTimeAsync(4_999);
    expect(done).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(done).toHaveBeenCalled();
  });

  it('skips the readiness lag when it never was ready', async () => {
    const { lifecycle } = lifecycleOf([{ name: 'kafka', order: 0, connect: never }], {
      readinessLagMs: 5_000,
    });
    lifecycle.onApplicationBootstrap();
    await lifecycle.beforeApplicationShutdown();
    await lifecycle.onApplicationShutdown();
    expect(lifecycle.state).toBe('stopped');
  });

  it('ends the wait for a dependency at once, and its attempt learns of it', async () => {
    let signal: AbortSignal | undefined;
    const hanging: Participant = {
      name: 'kafka',
      order: 0,
      connect: (given) => {
        signal = given;
        return never();
      },
    };
    const { lifecycle, states } = lifecycleOf([hanging]);
    lifecycle.onApplicationBootstrap();
    await settle();
    lifecycle.onModuleDestroy();
    await settle();
    expect([signal?.aborted, states]).toEqual([true, ['draining']]);
    expect(logged.info.map(([, message]) => message)).toEqual(['draining']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('cuts a drain that hangs at its own budget, logs it and goes on', async () => {
    const drained = jest.fn(async () => undefined);
    const { lifecycle } = await serving([
      { name: 'consumer', order: 20, drain: never, drainBudgetMs: 2_000 },
      { name: 'kafka', order: 10, drain: drained },
    ]);
    const done = jest.fn();
    void lifecycle.beforeApplicationShutdown().then(done);
    await jest.advanceTimersByTimeAsync(1_999);
    expect(drained).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(drained).toHaveBeenCalled();
    expect(done).toHaveBeenCalled();
    expect(logged.errors).toEqual([
      [
        {
          event: 'app.drain',
          participant: 'consumer',
          error_code: 'DRAIN_BUDGET_EXCEEDED',
          error: 'consumer did not drain within 2000 ms',
        },
        'drain of consumer was cut at its budget',
      ],
    ]);
  });

  it('never takes longer than the whole budget, and leaves every order a share', async () => {
    const deadlines: number[] = [];
    const hanging = (name: string, order: number): Participant => ({
      name,
      order,
      drain: ({ deadlineMs }) => {
        deadlines.push(deadlineMs);
        return never();
      },
    });
    const { lifecycle } = await serving(
      [hanging('a', 30), hanging('b', 20), hanging('c', 20), hanging('d', 10)],
      { drainBudgetMs: 9_000 },
    );
    const done = jest.fn();
    void lifecycle.beforeApplicationShutdown().then(done);
    await jest.advanceTimersByTimeAsync(8_999);
    expect(done).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(done).toHaveBeenCalled();
    expect(deadlines).toEqual([3_000, 3_000, 3_000, 3_000]);
  });

  it('goes on when a drain or a close fails, even before its first await', async () => {
    const closed = jest.fn(async () => undefined);
    const failing: Participant = {
      name: 'kafka',
      order: 10,
      drain: () => {
        throw new Error('broken');
      },
      close: async () => {
        throw new Error('broken too');
      },
    };
    const { lifecycle } = await serving([failing, { name: 'mongo', order: 0, close: closed }]);
    await lifecycle.beforeApplicationShutdown();
    await lifecycle.onApplicationShutdown();
    expect(closed).toHaveBeenCalled();
    expect(logged.errors.map(([, message]) => message)).toEqual([
      'drain of kafka failed',
      'close of kafka failed',
    ]);
  });

  it('in a hurry leaves every order a share of what is left, and waits for no load balancer', async () => {
    const budgets: number[] = [];
    const take = async ({ deadlineMs }: { deadlineMs: number }) => void budgets.push(deadlineMs);
    const { lifecycle } = await serving(
      [
        { name: 'consumers', order: 30, drain: take, close: take },
        { name: 'kafka', order: 10, close: take },
      ],
      { readinessLagMs: 5_000 },
    );
    lifecycle.beginDrain(1_000);
    await lifecycle.beforeApplicationShutdown();
    await lifecycle.onApplicationShutdown();
    expect(budgets).toEqual([750, 500, 1_000]);
  });

  it('tells the duration of the stop', async () => {
    const { lifecycle } = await serving([
      { name: 'kafka', order: 0, close: () => new Promise((end) => setTimeout(end, 700)) },
    ]);
    await lifecycle.beforeApplicationShutdown();
    const stopping = lifecycle.onApplicationShutdown();
    await jest.advanceTimersByTimeAsync(700);
    await stopping;
    expect(logged.info.at(-1)).toEqual([
      { event: 'app.stop', drain_ms: 700 },
      'stopped after 700 ms',
    ]);
  });

  it('stops once, however often it is asked', async () => {
    const close = jest.fn(async () => undefined);
    const { lifecycle, states } = await serving([{ name: 'kafka', order: 0, close }]);
    await lifecycle.onApplicationShutdown();
    await lifecycle.onApplicationShutdown();
    lifecycle.onModuleDestroy();
    expect([close.mock.calls.length, states]).toEqual([1, ['serving', 'draining', 'stopped']]);
  });
});
