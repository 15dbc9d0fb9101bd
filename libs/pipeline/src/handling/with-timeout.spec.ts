import { FakeClock } from 'millrace/testing';
import { StoreAwayError, readAt } from '../fakes/records';
import type { RecordResult } from '../records/outcome';
import { STORED } from '../records/outcome';
import type { EventBatch, HandlingScope, RecordContext } from '../records/record-context';
import { AnonymousFailure, batchHandling, recordHandling } from './handling';
import type { NestHandler } from './handling';
import { HandlerTimeoutError } from './handling.errors';
import { withTimeout } from './with-timeout';

class TimeoutScene {
  readonly clock = new FakeClock();
  readonly lane = new AbortController();
  readonly scope: HandlingScope = {
    topic: 'readings',
    partition: 0,
    groupId: 'lab',
    signal: this.lane.signal,
  };
  timeouts = 0;
  late = 0;

  private readonly options = {
    timeoutMs: 1_000,
    graceMs: 200,
    clock: this.clock,
    onTimeout: () => (this.timeouts += 1),
    onLate: () => (this.late += 1),
  };

  record(handler: (event: unknown, context: RecordContext) => Promise<unknown>) {
    return withTimeout(recordHandling(handler as NestHandler), this.options);
  }

  batch(handler: (batch: EventBatch<unknown>) => Promise<unknown>) {
    return withTimeout(batchHandling(handler as NestHandler), this.options);
  }
}

const never = () => new Promise<never>(() => undefined);

function errorOf(result: RecordResult | undefined): unknown {
  return result !== undefined && 'error' in result ? result.error : undefined;
}

describe('withTimeout', () => {
  it('[ERR-10] fires the signal at the timeout and gives the call up after the grace', async () => {
    const scene = new TimeoutScene();
    let signal: AbortSignal | undefined;
    const timed = scene.record((_, context) => {
      ({ signal } = context);
      return never();
    });
    let answer: readonly RecordResult[] | null = null;
    void timed.handle([readAt(0)], scene.scope, 1).then((results) => (answer = results));
    await scene.clock.advance(999);
    expect(signal?.aborted).toBe(false);
    await scene.clock.advance(1);
    expect(signal?.reason).toMatchObject({ code: 'HANDLER_TIMEOUT', failure: 'retryable' });
    await scene.clock.advance(199);
    expect(answer).toBeNull();
    await scene.clock.advance(1);
    expect(errorOf(answer?.[0])).toBeInstanceOf(HandlerTimeoutError);
    expect([scene.timeouts, scene.late, scene.clock.pendingTimers]).toEqual([1, 0, 0]);
  });

  it('[ERR-10] ignores what comes after it was given up, and counts it', async () => {
    const scene = new TimeoutScene();
    let finish = (_: unknown): void => undefined;
    const timed = scene.record(() => new Promise((resolve) => (finish = resolve)));
    const answer = timed.handle([readAt(0)], scene.scope, 1);
    await scene.clock.advance(1_200);
    expect(errorOf((await answer)[0])).toBeInstanceOf(HandlerTimeoutError);
    finish('stored');
    await scene.clock.flush();
    expect([errorOf((await answer)[0]), scene.late]).toEqual([expect.any(HandlerTimeoutError), 1]);
  });

  it('takes a good answer within the grace', async () => {
    const scene = new TimeoutScene();
    const timed = scene.record(
      (_, { signal }) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve('filtered'))),
    );
    const answer = timed.handle([readAt(0)], scene.scope, 1);
    await scene.clock.advance(1_000);
    expect(await answer).toEqual([{ outcome: 'filtered' }]);
  });

  it('says HANDLER_TIMEOUT for whatever a handler throws because of its signal', async () => {
    const scene = new TimeoutScene();
    const thrown: Error[] = [new Error('aborted'), new StoreAwayError()];
    const codes: unknown[] = [];
    for (const error of thrown) {
      const timed = scene.record(
        (_, { signal }) =>
          new Promise((__, reject) => signal.addEventListener('abort', () => reject(error))),
      );
      const answer = timed.handle([readAt(0)], scene.scope, 1);
      await scene.clock.advance(1_000);
      codes.push((errorOf((await answer)[0]) as { code?: string }).code);
    }
    expect(codes).toEqual(['HANDLER_TIMEOUT', 'SINK_AWAY']);
  });

  it('gives a signal that has fired to a handler that asks late', async () => {
    const scene = new TimeoutScene();
    let context: RecordContext | undefined;
    const timed = scene.record((_, given) => {
      context = given;
      return never();
    });
    void timed.handle([readAt(0)], scene.scope, 1);
    await scene.clock.advance(1_000);
    expect(context?.signal.reason).toBeInstanceOf(HandlerTimeoutError);
  });

  it('[CON-14] answers within the grace when the lane ends, although the handler never does', async () => {
    const scene = new TimeoutScene();
    let signal: AbortSignal | undefined;
    const timed = scene.record((_, context) => {
      ({ signal } = context);
      return never();
    });
    let isAnswered = false;
    void timed.handle([readAt(0)], scene.scope, 1).then(() => (isAnswered = true));
    await scene.clock.advance(500);
    scene.lane.abort(new Error('revoked'));
    expect(signal?.reason).toEqual(new Error('revoked'));
    await scene.clock.advance(199);
    expect(isAnswered).toBe(false);
    await scene.clock.advance(1);
    expect([isAnswered, scene.timeouts, scene.clock.pendingTimers]).toEqual([true, 0, 0]);
    await timed.handle([readAt(1)], scene.scope, 1);
  });

  it('halves a batch that took too long, and not one record', async () => {
    const scene = new TimeoutScene();
    const timed = scene.batch(never);
    const both = timed.handle([readAt(0), readAt(1)], scene.scope, 1);
    const one = timed.handle([readAt(2)], scene.scope, 1);
    await scene.clock.advance(1_200);
    const failures = (await both).map(errorOf);
    expect(failures[0]).toBeInstanceOf(AnonymousFailure);
    expect(failures[1]).toBe(failures[0]);
    expect(errorOf((await one)[0])).toBeInstanceOf(HandlerTimeoutError);
  });

  it('gives every call its full time with one timer', async () => {
    const scene = new TimeoutScene();
    const answeredAtMs: number[] = [];
    const timed = scene.record(never);
    for (let call = 0; call < 5; call += 1) {
      const note = () => answeredAtMs.push(scene.clock.monotonicMs());
      void timed.handle([readAt(call)], scene.scope, 1).then(note);
      expect(scene.clock.pendingTimers).toBe(1);
      await scene.clock.advance(130);
    }
    await scene.clock.advance(5_000);
    expect(answeredAtMs).toEqual([1_200, 1_330, 1_460, 1_590, 1_720]);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('[P8] keeps no timer for calls that are over, and none after its end', async () => {
    const scene = new TimeoutScene();
    const timed = scene.record(() => Promise.resolve());
    for (let call = 0; call < 100; call += 1) {
      expect(await timed.handle([readAt(call)], scene.scope, 1)).toEqual([STORED]);
    }
    expect(scene.clock.pendingTimers).toBe(1);
    timed.dispose();
    expect([scene.clock.pendingTimers, scene.timeouts]).toEqual([0, 0]);
  });
});
