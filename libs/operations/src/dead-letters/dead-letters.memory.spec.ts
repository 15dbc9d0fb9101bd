import { FakeClock } from 'millrace/testing';
import { GeneratedLog } from '../fakes/generated.log';
import type { GeneratedLogOptions } from '../fakes/generated.log';
import { createOperations } from '../operations';
import { FetchBudget } from './fetch.budget';

const lettersOf = (log: GeneratedLog) =>
  createOperations({ driver: log.asDriver(), clock: new FakeClock(), random: () => 0 }).deadLetters;

const aLog = (options: Partial<GeneratedLogOptions>) =>
  new GeneratedLog({
    partitions: 6,
    lettersPerPartition: 100,
    lettersPerFetch: 10,
    valueBytes: 9,
    ...options,
  });

describe('the memory of a scan', () => {
  it('[OPS-02] 100,000 letters are merged by time with one fetch per partition in hand', async () => {
    const log = aLog({ partitions: 8, lettersPerPartition: 12_500, lettersPerFetch: 500 });
    let expected = 0;
    for await (const { timestampMs } of lettersOf(log).scan()) {
      if (timestampMs !== expected) throw new Error(`${timestampMs} comes before ${expected}`);
      expected += 1;
    }
    expect(expected).toBe(100_000);
    // No fetch was made twice, so none was let go of; at most four were under way at once.
    expect(log.fetches).toHaveLength(8 * 25);
    expect(log.mostFetchesAtOnce).toBeLessThanOrEqual(4);
  });

  it('reads on only as far as the caller does', async () => {
    const log = aLog({ partitions: 2, lettersPerPartition: 1_000, lettersPerFetch: 10 });
    const scan = lettersOf(log).scan();
    for (let count = 0; count < 15; count += 1) await scan.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(log.fetches).toHaveLength(2);
    await scan.return(undefined);
    expect(log.fetches).toHaveLength(2);
  });

  it('lets go of fetches that are too large together, and still gives every letter once, in order', async () => {
    // Each fetch is 20 MiB: not even two fit.
    const log = aLog({
      partitions: 3,
      lettersPerPartition: 4,
      lettersPerFetch: 2,
      valueBytes: 10_485_760,
    });
    const times: number[] = [];
    for await (const { timestampMs } of lettersOf(log).scan()) times.push(timestampMs);
    expect(times).toEqual(Array.from({ length: 12 }, (_, index) => index));
    expect(log.fetches.length).toBeGreaterThan(3 * 2);
  });

  it('looks at letters of 64 MB one at a time', async () => {
    const log = aLog({
      partitions: 4,
      lettersPerPartition: 2,
      lettersPerFetch: 1,
      valueBytes: 67_108_864,
    });
    const seen: Array<readonly [bytes: number, key: string | null]> = [];
    for await (const { valueBytes, key } of lettersOf(log).scan()) seen.push([valueBytes, key]);
    expect(seen).toHaveLength(8);
    expect(seen.every(([bytes]) => bytes === 67_108_864)).toBe(true);
  });

  it('is bounded by a budget: who was served longest ago lets go', () => {
    const dropped: string[] = [];
    const holder = (name: string) => ({ drop: () => void dropped.push(name) });
    const [one, two, three] = [holder('one'), holder('two'), holder('three')];
    const budget = new FetchBudget(100);
    budget.hold(one, 40);
    budget.hold(two, 40);
    budget.hold(one, 50);
    expect([dropped, budget.heldBytes]).toEqual([[], 90]);
    budget.hold(three, 40);
    expect([dropped, budget.heldBytes]).toEqual([['two'], 90]);
    budget.hold(two, 500);
    expect([dropped, budget.heldBytes]).toEqual([['two', 'one', 'three'], 500]);
    budget.forget(two);
    expect(budget.heldBytes).toBe(0);
  });
});
