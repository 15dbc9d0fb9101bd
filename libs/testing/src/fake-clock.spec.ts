import { sleep } from 'millrace/retry';
import { FakeClock } from './fake-clock';

describe('FakeClock', () => {
  it('does not move by itself, and both clocks move together', async () => {
    const clock = new FakeClock({ startMs: 1_000 });
    await clock.flush();
    expect([clock.now(), clock.monotonicMs()]).toEqual([1_000, 0]);
    await clock.advance(250);
    expect([clock.now(), clock.monotonicMs()]).toEqual([1_250, 250]);
  });

  it('runs timers by due time, those of one instant in the order of setting, at their time', async () => {
    const clock = new FakeClock();
    const ran: string[] = [];
    const note = (name: string) => () => void ran.push(`${name}@${clock.monotonicMs()}`);
    clock.setTimer(note('late'), 30);
    clock.setTimer(note('first'), 10);
    clock.setTimer(note('second'), 10);
    clock.setTimer(note('never'), 31);
    await clock.advance(30);
    expect(ran).toEqual(['first@10', 'second@10', 'late@30']);
    expect(clock.pendingTimers).toBe(1);
  });

  it('runs timers that were set by timers, when they fall due on the way', async () => {
    const clock = new FakeClock();
    const ran: number[] = [];
    const again = () => {
      ran.push(clock.monotonicMs());
      clock.setTimer(again, 10);
    };
    clock.setTimer(again, 10);
    await clock.advance(35);
    expect(ran).toEqual([10, 20, 30]);
  });

  it('finishes what a timer made ready before the next timer runs', async () => {
    const clock = new FakeClock();
    const ran: string[] = [];
    const chain = async () => {
      await sleep(clock, 10);
      for (let step = 0; step < 5; step += 1) {
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      ran.push('chain');
    };
    const done = chain();
    clock.setTimer(() => ran.push('next timer'), 11);
    await clock.advance(20);
    await done;
    expect(ran).toEqual(['chain', 'next timer']);
  });

  it('does not run what was cancelled', async () => {
    const clock = new FakeClock();
    const ran: string[] = [];
    const cancel = clock.setTimer(() => ran.push('cancelled'), 5);
    cancel();
    await clock.advance(10);
    expect(ran).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('runs from timer to timer until a condition holds, and no further', async () => {
    const clock = new FakeClock();
    let ticks = 0;
    const tick = () => {
      ticks += 1;
      clock.setTimer(tick, 1_000);
    };
    clock.setTimer(tick, 1_000);
    await clock.runUntil(() => ticks === 7);
    expect(clock.monotonicMs()).toBe(7_000);
  });

  it('gives up at its limit, and says so', async () => {
    const clock = new FakeClock();
    clock.setTimer(() => undefined, 5_000);
    await expect(clock.runUntil(() => false, 1_000)).rejects.toThrow(/limit 1000 ms, 1 timers/);
  });
});
