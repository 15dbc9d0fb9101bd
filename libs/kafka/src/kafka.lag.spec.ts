import type { AdminPort } from 'millrace/pipeline';
import { ManualClock } from './fakes/manual-clock';
import { LagPoller } from './kafka.lag';
import type { GroupLag } from './kafka.lag';
import { EndHistory } from './lag.history';

class Log implements Pick<AdminPort, 'committed' | 'offsets'> {
  earliest = 0n;
  end = 0n;
  done: bigint | null = null;
  isDown = false;
  endReads = 0;

  async offsets() {
    if (this.isDown) throw new Error('down');
    this.endReads += 1;
    return new Map([[0, { earliest: this.earliest, end: this.end }]]);
  }

  async committed() {
    if (this.isDown) throw new Error('down');
    return new Map([[0, this.done]]);
  }
}

describe('LagPoller', () => {
  let log: Log;
  let clock: ManualClock;
  let told: GroupLag[];
  let failures: number;
  let lag: LagPoller;

  beforeEach(() => {
    log = new Log();
    clock = new ManualClock();
    told = [];
    failures = 0;
    lag = new LagPoller({
      admin: log,
      clock,
      intervalMs: 10_000,
      onLag: (_group, reading) => told.push(reading),
      onFailed: () => (failures += 1),
    });
  });

  it('knows nothing before its first reading', () => {
    lag.watch('g', ['t']);
    expect(lag.lagOf('g')).toBeUndefined();
    expect(lag.lagOf('other')).toBeUndefined();
  });

  it('reads soon after the first watch, then every 10 s [M-08]', async () => {
    log.end = 7n;
    log.done = 3n;
    lag.watch('g', ['t']);
    await clock.advance(1_000);
    expect(lag.lagOf('g')).toMatchObject({ records: 4 });
    await clock.advance(30_000);
    expect(told).toHaveLength(4);
  });

  it('grows while nobody consumes [P28] [S-23]', async () => {
    log.done = 0n;
    lag.watch('g', ['t']);
    const seen: number[] = [];
    for (const end of [10n, 20n, 500n]) {
      log.end = end;
      await clock.advance(10_000);
      seen.push(lag.lagOf('g')?.records ?? -1);
    }
    expect(seen).toEqual([10, 20, 500]);
  });

  it('counts from the earliest record where nothing was committed', async () => {
    log.earliest = 100n;
    log.end = 130n;
    lag.watch('g', ['t']);
    await lag.read();
    expect(lag.lagOf('g')?.records).toBe(30);
  });

  it('is never negative', async () => {
    log.end = 5n;
    log.done = 9n;
    lag.watch('g', ['t']);
    await lag.read();
    expect(lag.lagOf('g')?.records).toBe(0);
  });

  it('dates the oldest record that is not committed, at the resolution of the poll', async () => {
    log.done = 0n;
    lag.watch('g', ['t']);
    await clock.advance(1_000);
    log.end = 10n;
    await clock.advance(10_000);
    await clock.advance(30_000);
    const [partition] = lag.lagOf('g')?.partitions ?? [];
    // Written between the reading at 1 s and the one at 11 s; the last reading was at 41 s.
    expect(partition?.ageMs).toBeGreaterThanOrEqual(30_000);
    expect(partition?.ageMs).toBeLessThanOrEqual(40_000);
    log.done = 10n;
    await clock.advance(10_000);
    expect(lag.lagOf('g')?.partitions[0]?.ageMs).toBe(0);
  });

  it('keeps the last reading when the brokers do not answer, and goes on', async () => {
    log.end = 4n;
    lag.watch('g', ['t']);
    await lag.read();
    log.isDown = true;
    await clock.advance(20_000);
    expect(lag.lagOf('g')?.records).toBe(4);
    expect(failures).toBeGreaterThan(0);
    log.isDown = false;
    log.end = 9n;
    await clock.advance(10_000);
    expect(lag.lagOf('g')?.records).toBe(9);
  });

  it('asks for the end of a topic once per poll, however many groups read it', async () => {
    lag.watch('a', ['t']);
    lag.watch('b', ['t']);
    lag.watch('a', ['t']);
    await lag.read();
    expect(log.endReads).toBe(1);
    expect(told).toHaveLength(2);
  });

  it('leaves no timer after a stop', async () => {
    lag.watch('g', ['t']);
    await clock.advance(1_000);
    lag.stop();
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(60_000);
    expect(told).toHaveLength(1);
  });
});

describe('EndHistory', () => {
  const target = { topic: 't', partition: 0 };

  it('knows no age of what it has not seen', () => {
    expect(new EndHistory().ageOf(target, 5n, 1_000)).toBe(0);
  });

  it('begins anew when the topic was created again', () => {
    const history = new EndHistory();
    history.add(target, 100n, 0);
    history.add(target, 2n, 50_000);
    expect(history.ageOf(target, 1n, 60_000)).toBe(10_000);
  });

  it('stays bounded', () => {
    const history = new EndHistory();
    for (let index = 0; index < 5_000; index += 1) history.add(target, BigInt(index), index);
    // Older than everything that is remembered: at least the age of the oldest sample.
    expect(history.ageOf(target, 0n, 5_000)).toBe(720);
  });
});
