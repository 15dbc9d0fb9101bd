import { FakeClock } from 'millrace/testing';
import type { GroupReport, ProcessReport } from '../ports/control-store';
import { Reporter } from './reporter';

const IDENTITY = { process: 'p1', service: 'lab', serviceVersion: '1.0.0' };
const GROUP: Omit<GroupReport, 'pauses'> = {
  groupId: 'g',
  pipeline: 'lab',
  state: 'assigned',
  lineStopped: false,
  inFlightRecords: 0,
  readers: [],
  partitions: [],
};

class FakeStore {
  readonly said: ProcessReport[] = [];
  readonly withdrawn: string[] = [];
  answer: Promise<void> = Promise.resolve();

  async report(report: ProcessReport): Promise<void> {
    await this.answer;
    this.said.push(report);
  }

  async withdraw(process: string): Promise<void> {
    await this.answer;
    this.withdrawn.push(process);
  }
}

describe('Reporter', () => {
  const open = () => {
    const clock = new FakeClock();
    const store = new FakeStore();
    const scene = { clock, store, group: GROUP };
    const groups = () => [scene.group];
    const reporter = new Reporter({ store, identity: IDENTITY, groups, clock });
    const report = async (...pauses: Parameters<Reporter['report']>[0]) => {
      reporter.report(pauses);
      await clock.flush();
    };
    return Object.assign(scene, { reporter, report });
  };

  it('says who it is, what its groups do, and which pauses it has applied to each', async () => {
    const { report, store, clock } = open();
    await report({ groupId: 'g', topic: 't' }, { groupId: 'other' });
    expect(store.said).toEqual([
      {
        ...IDENTITY,
        at: new Date(clock.now()),
        groups: [{ ...GROUP, pauses: [{ groupId: 'g', topic: 't' }] }],
      },
    ]);
  });

  it('[OPS-03] speaks every ten seconds, and at once when something has changed', async () => {
    const scene = open();
    for (let second = 0; second < 20; second += 2) {
      await scene.report();
      await scene.clock.advance(2_000);
    }
    expect(scene.store.said).toHaveLength(2);
    await scene.report();
    await scene.report({ groupId: 'g' });
    await scene.report({ groupId: 'g' });
    expect(scene.store.said).toHaveLength(4);
    scene.group = { ...GROUP, state: 'rebalancing' };
    await scene.report({ groupId: 'g' });
    expect(scene.store.said).toHaveLength(5);
    scene.group = { ...GROUP, state: 'rebalancing', inFlightRecords: 7 };
    await scene.report({ groupId: 'g' });
    expect(scene.store.said).toHaveLength(5);
  });

  it('tries again what the store did not take, one report at a time', async () => {
    const { report, store } = open();
    let fail = (_: Error): void => undefined;
    store.answer = new Promise((_, reject) => (fail = reject));
    await report();
    await report({ groupId: 'g' });
    expect(store.said).toEqual([]);
    fail(new Error('away'));
    await report();
    store.answer = Promise.resolve();
    await report();
    expect(store.said).toHaveLength(1);
  });

  it('takes back what it said at its end, and says nothing more', async () => {
    const { report, reporter, store, clock } = open();
    await report();
    await reporter.withdraw();
    await report({ groupId: 'g' });
    expect([store.withdrawn, store.said.length]).toEqual([['p1'], 1]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not wait at its end for a store that does not answer', async () => {
    const { reporter, store, clock } = open();
    store.answer = new Promise(() => undefined);
    let isOver = false;
    void reporter.withdraw().then(() => (isOver = true));
    await clock.advance(499);
    expect(isOver).toBe(false);
    await clock.advance(1);
    expect(isOver).toBe(true);
  });
});
