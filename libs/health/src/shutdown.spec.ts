import { EventEmitter } from 'node:events';
import { installShutdown } from 'millrace/health';
import type { ShutdownOptions } from 'millrace/health';
import { never, settle } from './lifecycle.fixture';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function install(options: Partial<ShutdownOptions> = {}) {
  const fake = new EventEmitter();
  const exit = jest.fn<void, [number]>();
  const close = jest.fn(options.close ?? (async () => undefined));
  const logger = { log: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const uninstall = installShutdown({
    process: fake,
    exit,
    deadlineMs: 45_000,
    now: () => performance.now(),
    logger,
    ...options,
    close,
  });
  return { fake, exit, close, logger, uninstall };
}

describe('installShutdown [HLT-04]', () => {
  it.each(['SIGTERM', 'SIGINT'])('closes on %s and exits with 0', async (signal) => {
    const { fake, exit, close } = install();
    fake.emit(signal, signal);
    expect(close).toHaveBeenCalledTimes(1);
    await settle();
    expect(exit.mock.calls).toEqual([[0]]);
  });

  it('waits for the close, and leaves no timer behind', async () => {
    const { fake, exit } = install({ close: () => new Promise((end) => setTimeout(end, 3_000)) });
    fake.emit('SIGTERM');
    await jest.advanceTimersByTimeAsync(2_999);
    expect(exit).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(exit.mock.calls).toEqual([[0]]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('takes a repeat within 2 s as the same request', async () => {
    const { fake, exit, close } = install({ close: never });
    fake.emit('SIGINT');
    await jest.advanceTimersByTimeAsync(2_000);
    fake.emit('SIGINT');
    expect([exit.mock.calls.length, close.mock.calls.length]).toEqual([0, 1]);
  });

  it('exits with 1 on a later repeat', async () => {
    const { fake, exit } = install({ close: never });
    fake.emit('SIGTERM');
    await jest.advanceTimersByTimeAsync(2_001);
    fake.emit('SIGINT');
    expect(exit.mock.calls).toEqual([[1]]);
  });

  it('exits with 1 at the deadline', async () => {
    const { fake, exit } = install({ close: never, deadlineMs: 10_000 });
    fake.emit('SIGTERM');
    await jest.advanceTimersByTimeAsync(9_999);
    expect(exit).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(exit.mock.calls).toEqual([[1]]);
  });

  it('exits with 1 when closing fails', async () => {
    const { fake, exit, logger } = install({ close: () => Promise.reject(new Error('stuck')) });
    fake.emit('SIGTERM');
    await settle();
    expect(exit.mock.calls).toEqual([[1]]);
    expect(logger.error).toHaveBeenCalledWith(
      { event: 'app.stop', error: 'stuck' },
      'closing failed',
    );
  });

  it.each(['uncaughtException', 'unhandledRejection'])(
    'logs %s, tries to close once and exits with 1',
    async (event) => {
      const { fake, exit, close, logger } = install();
      fake.emit(event, new Error('bug'));
      await settle();
      expect([close.mock.calls.length, exit.mock.calls]).toEqual([1, [[1]]]);
      expect(logger.error.mock.calls[0]?.[0]).toMatchObject({ event: 'app.crash', error: 'bug' });
    },
  );

  it('gives the close after a crash 1 s', async () => {
    const { fake, exit } = install({ close: never });
    fake.emit('uncaughtException', new Error('bug'));
    await jest.advanceTimersByTimeAsync(999);
    expect(exit).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(exit.mock.calls).toEqual([[1]]);
  });

  it('tells the close how long it has after a crash, and nothing after a signal', async () => {
    const crash = install();
    crash.fake.emit('uncaughtException', new Error('bug'));
    const signal = install();
    signal.fake.emit('SIGTERM');
    await settle();
    expect([crash.close.mock.calls, signal.close.mock.calls]).toEqual([[[1_000]], [[undefined]]]);
  });

  it('logs one line, closes within 5 s and exits with 1 when the service gives itself up', async () => {
    let fail = (_: unknown): void => undefined;
    const { exit, close, logger } = install({
      close: never,
      onFailure: (listener) => {
        fail = listener;
        return () => undefined;
      },
    });
    fail(new Error('a dead loop'));
    expect(close.mock.calls).toEqual([[5_000]]);
    expect(logger.error.mock.calls).toMatchObject([
      [{ event: 'app.failed', error: 'a dead loop' }, expect.any(String)],
    ]);
    await jest.advanceTimersByTimeAsync(4_999);
    expect(exit).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(exit.mock.calls).toEqual([[1]]);
  });

  it('exits with 1 when a crash comes during the drain, without a second close', async () => {
    const { fake, exit, close } = install({
      close: () => new Promise((end) => setTimeout(end, 500)),
    });
    fake.emit('SIGTERM');
    fake.emit('unhandledRejection', 'no error object');
    await jest.advanceTimersByTimeAsync(500);
    expect([close.mock.calls.length, exit.mock.calls]).toEqual([1, [[1]]]);
  });

  it('removes its listeners', () => {
    const { fake, uninstall } = install();
    uninstall();
    expect(fake.eventNames()).toEqual([]);
  });

  it('fits the real process', () => {
    const before = process.listenerCount('SIGTERM');
    const { uninstall } = install({ process });
    expect(process.listenerCount('SIGTERM')).toBe(before + 1);
    uninstall();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
