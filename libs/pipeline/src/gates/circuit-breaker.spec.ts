import { FakeClock } from 'millrace/testing';
import type { CircuitBreakerOptions } from '../subscription';
import { CircuitBreaker } from './circuit-breaker';

const OPTIONS = { minCalls: 10, windowMs: 10_000, openMs: 5_000 };
const FAILED = { succeeded: 0, failed: 1 };
const SUCCEEDED = { succeeded: 1, failed: 0 };
const SILENT = { succeeded: 0, failed: 0 };

class BreakerScene {
  readonly clock = new FakeClock();
  readonly states: string[] = [];
  readonly entered: number[] = [];
  randomly = 0;
  readonly breaker: CircuitBreaker;

  constructor(options: CircuitBreakerOptions = OPTIONS) {
    this.breaker = new CircuitBreaker(options, {
      clock: this.clock,
      random: () => this.randomly,
      onChange: (state) => this.states.push(state),
    });
  }

  report(succeeded: number, failed: number): void {
    this.breaker.report({ succeeded, failed });
  }

  /** Asks for entry; notes the id when let in. */
  ask(id: number, signal = new AbortController().signal): Promise<void> {
    const entry = this.breaker.enter(signal).then(() => void this.entered.push(id));
    // Some specs give up waits that nobody looks at.
    entry.catch(() => undefined);
    return entry;
  }
}

function openScene(): BreakerScene {
  const scene = new BreakerScene();
  scene.report(0, 10);
  return scene;
}

describe('CircuitBreaker', () => {
  it.each([
    ['below the least number of calls', 0, 9, 'closed'],
    ['below the ratio', 6, 5, 'closed'],
    ['at the ratio', 5, 5, 'open'],
    ['when everything fails', 0, 10, 'open'],
  ])('%s: %i succeeded, %i failed, then it is %s', (_, succeeded, failed, state) => {
    const scene = new BreakerScene();
    scene.report(succeeded, 0);
    scene.report(0, failed);
    expect(scene.breaker.state).toBe(state);
  });

  it('forgets calls that are older than its window', async () => {
    const scene = new BreakerScene();
    scene.report(0, 9);
    await scene.clock.advance(8_000);
    scene.report(1, 0);
    await scene.clock.advance(2_000);
    scene.report(0, 8);
    expect(scene.breaker.state).toBe('closed');
    scene.report(0, 1);
    expect(scene.breaker.state).toBe('open');
    const other = new BreakerScene();
    other.report(0, 9);
    await other.clock.advance(60_000);
    other.report(0, 9);
    expect(other.breaker.state).toBe('closed');
  });

  it('lets everybody in while it is closed, without a timer', async () => {
    const scene = new BreakerScene();
    await Promise.all([1, 2, 3].map((id) => scene.ask(id)));
    expect([scene.entered, scene.clock.pendingTimers]).toEqual([[1, 2, 3], 0]);
  });

  it('lets nobody in while it is open, then one who tries; its success lets in the others', async () => {
    const scene = openScene();
    for (const id of [1, 2, 3]) void scene.ask(id);
    await scene.clock.advance(4_999);
    expect(scene.entered).toEqual([]);
    await scene.clock.advance(1);
    expect([scene.entered, scene.breaker.state]).toEqual([[1], 'half-open']);
    await scene.clock.advance(4_999);
    expect(scene.entered).toEqual([1]);
    scene.breaker.report(SUCCEEDED);
    await scene.clock.flush();
    expect(scene.entered).toEqual([1, 2, 3]);
    expect(scene.states).toEqual(['open', 'half-open', 'closed']);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('begins the wait again when the try fails, longer by chance', async () => {
    const scene = openScene();
    scene.randomly = 0.5;
    for (const id of [1, 2]) void scene.ask(id);
    await scene.clock.advance(5_000);
    scene.breaker.report(FAILED);
    await scene.clock.advance(5_499);
    expect([scene.entered, scene.breaker.state]).toEqual([[1], 'open']);
    await scene.clock.advance(1);
    expect(scene.entered).toEqual([1, 2]);
  });

  it('starts to count anew after it closed', async () => {
    const scene = openScene();
    await scene.clock.advance(5_000);
    await scene.ask(1);
    scene.breaker.report(SUCCEEDED);
    scene.report(0, 9);
    expect(scene.breaker.state).toBe('closed');
    scene.report(0, 1);
    expect(scene.breaker.state).toBe('open');
  });

  it.each([
    ['said nothing about the service', async (scene: BreakerScene) => scene.breaker.report(SILENT)],
    ['never ended', async (scene: BreakerScene) => scene.clock.advance(5_000)],
  ])('lets the next one try when the call that tried %s', async (_, end) => {
    const scene = openScene();
    for (const id of [1, 2, 3]) void scene.ask(id);
    await scene.clock.advance(5_000);
    await end(scene);
    await scene.clock.flush();
    expect([scene.entered, scene.breaker.state]).toEqual([[1, 2], 'half-open']);
  });

  it('lets the next one try when the lane of the one who tries ends', async () => {
    const scene = openScene();
    const lane = new AbortController();
    void scene.ask(1, lane.signal);
    void scene.ask(2);
    await scene.clock.advance(5_000);
    lane.abort(new Error('revoked'));
    await scene.clock.flush();
    expect(scene.entered).toEqual([1, 2]);
    scene.breaker.report(SUCCEEDED);
    expect(scene.breaker.state).toBe('closed');
  });

  it('is not moved by calls from before it opened', async () => {
    const scene = openScene();
    void scene.ask(1);
    await scene.clock.advance(2_000);
    scene.report(50, 0);
    scene.report(0, 50);
    await scene.clock.advance(3_000);
    expect([scene.entered, scene.states]).toEqual([[1], ['open', 'half-open']]);
  });

  it('gives up a wait with the reason of its signal and leaves no timer', async () => {
    const scene = openScene();
    const lane = new AbortController();
    const waiting = expect(scene.ask(1, lane.signal)).rejects.toThrow('draining');
    await scene.clock.advance(1_000);
    lane.abort(new Error('draining'));
    await waiting;
    await expect(scene.ask(2, lane.signal)).rejects.toThrow('draining');
    expect([scene.entered, scene.clock.pendingTimers]).toEqual([[], 0]);
  });

  it('gives the turn on when it comes together with the abort', async () => {
    const scene = openScene();
    const lane = new AbortController();
    // In one turn: the breaker calls the first, then its lane ends before it can go in.
    const callsNext = jest.spyOn(scene.clock, 'setTimer').mockImplementationOnce((call, ms) => {
      callsNext.mockRestore();
      return scene.clock.setTimer(() => {
        call();
        lane.abort(new Error('revoked'));
      }, ms);
    });
    void scene.ask(1, lane.signal);
    void scene.ask(2, new AbortController().signal);
    await scene.clock.advance(5_000);
    expect(scene.entered).toEqual([2]);
  });
});
