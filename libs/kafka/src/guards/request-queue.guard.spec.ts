import { setTimeout as wait } from 'node:timers/promises';
import type { RequestQueueInternals } from '../kafkajs.internals';
import { requestQueueClass } from '../kafkajs.internals';
import { installGuards } from './install-guards';

type QueueConstructor = new (options: Record<string, unknown>) => RequestQueueInternals & {
  push(request: unknown): void;
  maybeThrottle(ms: number): void;
};

const SILENT = { debug: () => undefined, warn: () => undefined };

const openQueue = (requestTimeout = 30_000) => {
  const Queue = requestQueueClass() as unknown as QueueConstructor;
  return new Queue({
    maxInFlightRequests: 1,
    requestTimeout,
    enforceRequestTimeout: true,
    clientId: 'spec',
    broker: 'fake:9092',
    logger: SILENT,
  });
};

const request = (correlationId: number, sent: number[]) => ({
  entry: { correlationId, resolve: () => undefined, reject: () => undefined },
  expectResponse: true,
  sendRequest: () => sent.push(correlationId),
});

describe('guardRequestQueue', () => {
  beforeAll(() => installGuards());

  it('arms fewer than 50 timers for three idle connections in 10 s [P21]', () => {
    jest.useFakeTimers();
    let callbacks = 0;
    const setTimeoutSpy = jest.spyOn(global, 'setTimeout');
    const setIntervalSpy = jest.spyOn(global, 'setInterval').mockImplementation(((
      callback: () => void,
      ms: number,
    ) => {
      const timer = { ms, callback };
      callbacks += 10_000 / ms;
      return timer as unknown as NodeJS.Timeout;
    }) as never);
    for (let connection = 0; connection < 3; connection += 1) {
      const queue = openQueue();
      queue.scheduleRequestTimeoutCheck();
      queue.checkPendingRequests();
      queue.scheduleCheckPendingRequests();
    }
    jest.advanceTimersByTime(10_000);
    expect(callbacks + setTimeoutSpy.mock.calls.length).toBeLessThan(50);
    setTimeoutSpy.mockRestore();
    setIntervalSpy.mockRestore();
    jest.useRealTimers();
  });

  it('never arms a timer without a positive delay [P22]', () => {
    jest.useFakeTimers();
    const spy = jest.spyOn(global, 'setTimeout');
    const queue = openQueue();
    const sent: number[] = [];
    queue.push(request(1, sent));
    queue.push(request(2, sent));
    queue.maybeThrottle(500);
    queue.scheduleCheckPendingRequests();
    jest.advanceTimersByTime(2_000);
    expect(spy.mock.calls.length).toBeGreaterThan(0);
    expect(spy.mock.calls.every(([, ms]) => Number(ms) >= 1)).toBe(true);
    queue.destroy();
    spy.mockRestore();
    jest.useRealTimers();
  });

  it('still sends what waits behind a throttle', async () => {
    const queue = openQueue();
    const sent: number[] = [];
    queue.maybeThrottle(20);
    queue.push(request(1, sent));
    expect(sent).toEqual([]);
    await wait(60);
    expect(sent).toEqual([1]);
    queue.destroy();
  });

  it('still finds a request that was never answered', () => {
    jest.useFakeTimers();
    const queue = openQueue(2_000);
    queue.scheduleRequestTimeoutCheck();
    const rejected: unknown[] = [];
    queue.push({
      ...request(1, []),
      entry: {
        correlationId: 1,
        resolve: () => undefined,
        reject: (error: unknown) => rejected.push(error),
      },
    });
    jest.advanceTimersByTime(4_000);
    expect(rejected).toMatchObject([{ name: 'KafkaJSRequestTimeoutError' }]);
    queue.destroy();
    jest.useRealTimers();
  });
});

describe('installGuards', () => {
  it('[S21] refuses a kafkajs that it does not know', () => {
    expect(() => installGuards('on', '2.3.0')).toThrow(
      expect.objectContaining({ code: 'KAFKAJS_VERSION_UNKNOWN' }),
    );
  });

  it('takes any version when it is switched off', () => {
    expect(() => installGuards('off', '2.3.0')).not.toThrow();
  });

  it('is installed once however often it is called', () => {
    const before = requestQueueClass().prototype.scheduleCheckPendingRequests;
    installGuards();
    expect(requestQueueClass().prototype.scheduleCheckPendingRequests).toBe(before);
  });
});
