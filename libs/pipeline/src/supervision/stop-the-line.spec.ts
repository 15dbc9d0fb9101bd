import { Logger } from '@nestjs/common';
import { defineError } from 'millrace/errors';
import { FakeClock } from 'millrace/testing';
import type { Failure } from '../failures/dead-letter.headers';
import { StoreAwayError, numbers, recordAt } from '../fakes/records';
import type { HandlingScope } from '../records/record-context';
import type { StopTheLineOptions } from '../subscription';
import { STOP_THE_LINE_DEFAULTS, StopTheLine } from './stop-the-line';

const logged = jest.fn();
beforeAll(() => Logger.overrideLogger({ log: logged, error: logged, warn: logged }));
beforeEach(() => logged.mockClear());

class RefusedError extends defineError({
  code: 'LAB_REFUSED',
  failure: 'permanent',
  summary: 'refused',
  likelyCause: 'a test',
  fix: 'nothing',
}) {}

class LineScene {
  readonly clock = new FakeClock();
  readonly abort = new AbortController();
  readonly stops: string[] = [];
  changes = 0;
  written = 0;
  readonly line: StopTheLine;
  private next = 0;

  constructor(options: StopTheLineOptions | false = {}) {
    this.line = new StopTheLine({
      groupId: 'lab',
      pipeline: 'lab',
      options,
      clock: this.clock,
      onStopped: (causes) =>
        this.stops.push(causes.map(({ code, count }) => `${code} ${count}`).join(', ')),
      onChange: () => (this.changes += 1),
    });
  }

  scope(partition = 0): HandlingScope {
    return { topic: 'readings', partition, groupId: 'lab', signal: this.abort.signal };
  }

  /** Works on a slice as the core does; what is bad wants to be a dead letter. */
  async work(count: number, isBad: (index: number) => boolean, partition = 0): Promise<void> {
    const records = numbers(count).map((index) => recordAt(this.next + index));
    this.next += count;
    const scope = this.scope(partition);
    const slice = this.line.begin(scope, records);
    let failures: Failure[] = records
      .filter((_, index) => isBad(index))
      .map((record) => ({ record, source: scope, ...REFUSAL }));
    const dead = failures.length;
    while (failures.length > 0) {
      const admitted = await this.line.admit(failures, scope);
      this.written += admitted;
      failures = failures.slice(admitted);
    }
    this.line.finished(scope, { stored: count - dead, 'dead-letter': dead });
    this.line.end(slice, true);
  }
}

const REFUSAL = {
  reason: 'handler-permanent',
  error: new RefusedError(),
  attempts: 1,
  firstFailedAtMs: 0,
  eventId: null,
} as const;

const all = () => true;
const none = () => false;

describe('StopTheLine', () => {
  it('[ERR-11] [F14] stops before the dead letter after the limit, and waits', async () => {
    const scene = new LineScene();
    const work = scene.work(500, all);
    await scene.clock.flush();
    expect([scene.written, scene.line.isStopped]).toEqual([50, true]);
    await scene.clock.advance(3_600_000);
    expect(scene.written).toBe(50);
    expect(scene.stops).toEqual(['LAB_REFUSED 500']);
    scene.abort.abort(new Error('revoked'));
    await expect(work).rejects.toThrow('revoked');
  });

  it('counts anew when somebody resumes it, and stops again', async () => {
    const scene = new LineScene({ minRecords: 1_000 });
    const work = scene.work(120, all);
    await scene.clock.flush();
    expect(scene.line.resume()).toBe(true);
    await scene.clock.flush();
    expect([scene.written, scene.line.isStopped]).toEqual([100, true]);
    scene.line.resume();
    await work;
    expect([scene.written, scene.line.isStopped, scene.line.resume()]).toEqual([120, false, false]);
  });

  it('[ERR-11] never stops for one bad record in 1,000', async () => {
    const scene = new LineScene();
    for (const slice of numbers(400)) {
      await scene.work(250, (index) => slice % 4 === 0 && index === 17);
      await scene.clock.advance(1_000);
    }
    expect([scene.written, scene.line.isStopped]).toEqual([100, false]);
  });

  it('does not stop for sparse records that are few', async () => {
    const scene = new LineScene();
    for (const index of numbers(200)) {
      await scene.work(1, () => index % 3 === 0);
      await scene.clock.advance(10_000);
    }
    expect(scene.line.isStopped).toBe(false);
  });

  it('stops when too large a share becomes dead letters, though never many in a row', async () => {
    const scene = new LineScene();
    await scene.work(100, none);
    void scene.work(1_000, (index) => index % 3 === 0).catch(() => undefined);
    await scene.clock.flush();
    // A fifth of what is known: 100 finished and 1,000 in hand.
    expect([scene.written, scene.line.isStopped]).toEqual([220, true]);
    scene.abort.abort();
  });

  it('forgets what is older than its window', async () => {
    const scene = new LineScene();
    await scene.work(60, (index) => index % 6 === 0);
    await scene.clock.advance(STOP_THE_LINE_DEFAULTS.windowMs);
    for (const _ of numbers(3)) await scene.work(60, (index) => index % 6 === 0);
    await scene.clock.advance(STOP_THE_LINE_DEFAULTS.windowMs);
    void scene.work(60, (index) => index % 4 === 0).catch(() => undefined);
    await scene.clock.flush();
    expect([scene.line.isStopped, scene.written]).toEqual([true, 40 + 12]);
    scene.abort.abort();
  });

  it('counts a row over slices, and per partition', async () => {
    const scene = new LineScene({ minRecords: 1_000_000, maxConsecutive: 10 });
    await scene.work(6, all, 0);
    await scene.work(6, all, 1);
    await scene.work(1, none, 1);
    await scene.work(10, all, 1);
    expect(scene.line.isStopped).toBe(false);
    void scene.work(6, all, 0).catch(() => undefined);
    await scene.clock.flush();
    expect([scene.line.isStopped, scene.written]).toEqual([true, 6 + 6 + 10 + 4]);
    scene.abort.abort();
  });

  it('tells once, loudly, what the three most frequent causes are', async () => {
    const scene = new LineScene();
    void scene.work(60, all).catch(() => undefined);
    void scene.work(60, all, 1).catch(() => undefined);
    await scene.clock.flush();
    const errors = logged.mock.calls.filter(([entry]) => entry?.event === 'pipeline.line_stopped');
    expect(errors).toHaveLength(1);
    expect(errors[0]?.[0]).toMatchObject({
      error_code: 'LINE_STOPPED',
      causes: [{ code: 'LAB_REFUSED' }],
    });
    scene.abort.abort();
  });

  it('never stops itself with false', async () => {
    const scene = new LineScene(false);
    await scene.work(5_000, all);
    expect(scene.written).toBe(5_000);
  });

  it('holds one partition for a person, the others go on', async () => {
    const scene = new LineScene();
    const held = scene.line.hold(new StoreAwayError(), scene.scope(3));
    await scene.work(10, none, 1);
    expect(scene.line.held).toEqual([{ topic: 'readings', partition: 3 }]);
    expect([scene.line.isStopped, scene.changes]).toEqual([false, 1]);
    expect(scene.line.resume()).toBe(true);
    await held;
    expect(scene.line.held).toEqual([]);
  });

  it('lets a held partition go when it moves', async () => {
    const scene = new LineScene();
    const held = expect(scene.line.hold(new StoreAwayError(), scene.scope())).rejects.toThrow('x');
    scene.abort.abort(new Error('x'));
    await held;
    expect(scene.line.held).toEqual([]);
  });
});
