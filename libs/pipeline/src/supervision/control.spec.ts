import { Logger } from '@nestjs/common';
import { FakeClock } from 'millrace/testing';
import type {
  Audit,
  ControlStore,
  Pause,
  PauseTarget,
  ProcessReport,
  StoppedLine,
} from '../ports/control-store';
import { Control } from './control';
import { ControlTargetInvalidError } from './supervision.errors';

const lines: string[] = [];
const note = (_: unknown, message?: unknown) => lines.push(String(message));
beforeAll(() => Logger.overrideLogger({ log: note, error: note, warn: note }));
beforeEach(() => lines.splice(0));

/** A store that several processes share, and that can be away. */
class FakeStore implements ControlStore {
  readonly pauses = new Map<string, Pause>();
  readonly stops = new Map<string, StoppedLine>();
  readonly said = new Map<string, ProcessReport>();
  isAway = false;
  reads = 0;

  private reach(): void {
    if (this.isAway) throw new Error('store away');
  }

  async read() {
    this.reads += 1;
    this.reach();
    return { pauses: [...this.pauses.values()], stops: [...this.stops.values()] };
  }

  async pause(target: PauseTarget, audit: Audit): Promise<void> {
    this.reach();
    this.pauses.set(JSON.stringify(target), { ...target, audit });
  }

  async resume(target: PauseTarget): Promise<boolean> {
    this.reach();
    return this.pauses.delete(JSON.stringify(target));
  }

  async stop(line: StoppedLine): Promise<void> {
    this.reach();
    this.stops.set(line.groupId, line);
  }

  async restart(groupId: string): Promise<boolean> {
    this.reach();
    return this.stops.delete(groupId);
  }

  async report(report: ProcessReport): Promise<void> {
    this.reach();
    this.said.set(report.process, report);
  }

  async withdraw(process: string): Promise<void> {
    this.reach();
    this.said.delete(process);
  }

  async reports(): Promise<readonly ProcessReport[]> {
    this.reach();
    return [...this.said.values()];
  }
}

class FakeLine {
  isStopped = false;

  stop(): void {
    this.isStopped = true;
  }

  resume(): boolean {
    const was = this.isStopped;
    this.isStopped = false;
    return was;
  }
}

/** One process of a service. */
class Process {
  readonly line = new FakeLine();
  applied = 0;
  readonly control: Control;

  constructor(clock: FakeClock, store: ControlStore | undefined, serviceVersion = '1.0.0') {
    const groups = [
      { groupId: 'lab', line: this.line, applyPauses: () => void (this.applied += 1) },
    ];
    this.control = new Control({
      store,
      pollMs: 2_000,
      serviceVersion,
      clock,
      groups: () => groups,
    });
  }

  /** `<topic>/<partition>` of two topics with two partitions each that are paused. */
  get paused(): string[] {
    const targets = ['a', 'b'].flatMap((topic) =>
      [0, 1].map((partition) => ({ topic, partition })),
    );
    return targets
      .filter((target) => this.control.isPaused('lab', target))
      .map(({ topic, partition }) => `${topic}/${partition}`);
  }
}

const BY_ANN = { by: 'ann', reason: 'the source sends nonsense' };
const CAUSES = [{ code: 'LAB_REFUSED', count: 60 }];

describe('Control', () => {
  it('[CON-09] pauses and resumes by group, topic and partition', async () => {
    const scene = new Process(new FakeClock(), undefined);
    const { control } = scene;
    await control.pause({ groupId: 'lab', topic: 'a', partition: 1 }, BY_ANN);
    expect(scene.paused).toEqual(['a/1']);
    await control.pause({ groupId: 'lab', topic: 'b' }, BY_ANN);
    expect(scene.paused).toEqual(['a/1', 'b/0', 'b/1']);
    await control.pause({ groupId: 'lab' }, BY_ANN);
    await control.resume({ groupId: 'lab', topic: 'b' }, BY_ANN);
    expect(scene.paused).toHaveLength(4);
    expect(await control.resume({ groupId: 'lab' }, BY_ANN)).toBe(true);
    expect(scene.paused).toEqual(['a/1']);
    expect(await control.resume({ groupId: 'lab' }, BY_ANN)).toBe(false);
  });

  it('[CON-09] writes one line per action, with who and why', async () => {
    const { control } = new Process(new FakeClock(), undefined);
    await control.pause({ groupId: 'lab', topic: 'a', partition: 1 }, BY_ANN);
    await control.resume({ groupId: 'lab', topic: 'a', partition: 1 }, BY_ANN);
    expect(lines).toEqual([
      'a/1 of group "lab" paused by ann: the source sends nonsense',
      'a/1 of group "lab" resumed by ann: the source sends nonsense',
    ]);
  });

  it('refuses what cannot be', async () => {
    const { control } = new Process(new FakeClock(), undefined);
    const targets: PauseTarget[] = [{ groupId: 'lab', partition: 1 }, { groupId: 'other' }];
    for (const target of targets) {
      await expect(control.pause(target, BY_ANN)).rejects.toThrow(ControlTargetInvalidError);
    }
  });

  it('[CON-09] reaches every process within one poll, and one that starts later', async () => {
    const clock = new FakeClock();
    const store = new FakeStore();
    const [one, two] = [new Process(clock, store), new Process(clock, store)];
    await Promise.all([one.control.start(), two.control.start()]);
    await one.control.pause({ groupId: 'lab' }, BY_ANN);
    await clock.advance(2_000);
    const later = new Process(clock, store);
    await later.control.start();
    expect([two.paused.length, later.paused.length]).toEqual([4, 4]);
    expect(lines).toHaveLength(3);
    await two.control.resume({ groupId: 'lab' }, BY_ANN);
    await clock.advance(2_000);
    expect([one.paused, later.paused]).toEqual([[], []]);
    for (const { control } of [one, two, later]) await control.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps the last known state while the store is away, says so once, and goes on', async () => {
    const clock = new FakeClock();
    const store = new FakeStore();
    const { control } = new Process(clock, store);
    const paused = () => control.isPaused('lab', { topic: 'a', partition: 0 });
    await control.start();
    await control.pause({ groupId: 'lab' }, BY_ANN);
    store.isAway = true;
    await clock.advance(60_000);
    expect(paused()).toBe(true);
    expect(lines.filter((line) => line.includes('is away'))).toHaveLength(1);
    await expect(control.resume({ groupId: 'lab' }, BY_ANN)).rejects.toThrow('store away');
    expect(paused()).toBe(true);
    store.isAway = false;
    await control.resume({ groupId: 'lab' }, BY_ANN);
    await clock.advance(2_000);
    expect(paused()).toBe(false);
    expect(lines.filter((line) => line.includes('answers again'))).toHaveLength(1);
  });

  it('does not wait long for a store that does not answer', async () => {
    const clock = new FakeClock();
    const store = new FakeStore();
    jest.spyOn(store, 'read').mockReturnValue(new Promise(() => undefined));
    const { control } = new Process(clock, store);
    let hasStarted = false;
    void control.start().then(() => (hasStarted = true));
    await clock.advance(4_999);
    expect(hasStarted).toBe(false);
    await clock.advance(1);
    expect(hasStarted).toBe(true);
  });

  it('[ERR-11] stays stopped after a restart of the same version, and not of another', async () => {
    const clock = new FakeClock();
    const store = new FakeStore();
    const first = new Process(clock, store);
    await first.control.start();
    first.line.stop();
    first.control.lineStopped('lab', CAUSES);
    await clock.flush();
    const [same, other] = [new Process(clock, store), new Process(clock, store, '1.0.1')];
    await Promise.all([same.control.start(), other.control.start()]);
    expect([same.line.isStopped, other.line.isStopped]).toEqual([true, false]);
    expect(lines.at(-1)).toContain(
      'stays stopped since 2024-01-01T00:00:00.000Z: LAB_REFUSED (60)',
    );
  });

  it('[ERR-11] goes on in every process when an operator resumes it in one', async () => {
    const clock = new FakeClock();
    const store = new FakeStore();
    const [one, two] = [new Process(clock, store), new Process(clock, store)];
    await Promise.all([one.control.start(), two.control.start()]);
    one.line.stop();
    one.control.lineStopped('lab', CAUSES);
    await clock.advance(2_000);
    expect(two.line.isStopped).toBe(true);
    expect(await two.control.resumeLine('lab', BY_ANN)).toBe(true);
    expect(lines.at(-1)).toBe(
      'the stopped line of group "lab" resumed by ann: the source sends nonsense',
    );
    await clock.advance(2_000);
    expect([one.line.isStopped, two.line.isStopped]).toEqual([false, false]);
    await clock.advance(10_000);
    expect([one.line.isStopped, two.line.isStopped]).toEqual([false, false]);
    expect(await two.control.resumeLine('lab', BY_ANN)).toBe(false);
  });

  it('keeps a stop that the store could not take until it can', async () => {
    const clock = new FakeClock();
    const store = new FakeStore();
    const { control, line } = new Process(clock, store);
    await control.start();
    store.isAway = true;
    line.stop();
    control.lineStopped('lab', CAUSES);
    await clock.advance(10_000);
    store.isAway = false;
    await clock.advance(10_000);
    expect([line.isStopped, [...store.stops.keys()]]).toEqual([true, ['lab']]);
  });

  it('does not undo what was done while the store was being read', async () => {
    const clock = new FakeClock();
    const store = new FakeStore();
    const { control } = new Process(clock, store);
    await control.start();
    let answer = (): void => undefined;
    const read = store.read.bind(store);
    jest.spyOn(store, 'read').mockImplementationOnce(async () => {
      const state = await read();
      await new Promise<void>((resolve) => (answer = resolve));
      return state;
    });
    await clock.advance(2_000);
    await control.pause({ groupId: 'lab' }, BY_ANN);
    answer();
    await clock.flush();
    expect(control.isPaused('lab', { topic: 'a', partition: 0 })).toBe(true);
  });
});
