import { FakeConsumer } from '../fakes/fake-consumer';
import { batchOf } from '../fakes/records';
import type { FetchedBatch } from '../ports/driver';
import { BoundedConsumer } from './bounded.consumer';

const PARTITION = { topic: 'readings', partition: 0 };
const OTHER = { topic: 'readings', partition: 1 };

describe('BoundedConsumer', () => {
  const open = async (next = 10n) => {
    const inner = new FakeConsumer();
    const progress: bigint[] = [];
    const bounded: BoundedConsumer = new BoundedConsumer(
      inner,
      [{ partition: 0, from: 10n, to: 20n, next }],
      () => progress.push(bounded.progress[0]?.next ?? -1n),
    );
    const scene = { taken: [] as FetchedBatch[], takes: true };
    await bounded.start(async (batch) => {
      scene.taken.push(batch);
      return { resume: scene.takes ? batch.nextOffset : null };
    });
    await inner.assign(0, 1);
    return Object.assign(scene, { inner, bounded, progress });
  };
  const offsetsOf = ({ records }: FetchedBatch) => records.map(({ offset }) => Number(offset));

  it('hands over what lies before the end of the range, and says how far to read', async () => {
    const { inner, taken } = await open();
    expect(await inner.deliver(batchOf(10, 15))).toEqual({ resume: 15n });
    expect(await inner.deliver(batchOf(15, 25))).toEqual({ resume: 20n });
    expect(taken.map(offsetsOf)).toEqual([
      [10, 11, 12, 13, 14],
      [15, 16, 17, 18, 19],
    ]);
    expect(taken[1]).toMatchObject({ nextOffset: 20n, bytes: expect.any(Number) as number });
  });

  it('hands over an end without records: a gap of compaction can lie there', async () => {
    const { inner, taken } = await open();
    await inner.deliver(batchOf(22, 25));
    expect(taken).toMatchObject([{ records: [], nextOffset: 20n, bytes: 0 }]);
  });

  it('reads a range only once: what is behind stays paused, whoever resumes it', async () => {
    const { inner, bounded, taken } = await open();
    await inner.deliver(batchOf(10, 20));
    expect(inner.paused).toContain('readings/0');
    bounded.resume([PARTITION]);
    expect(inner.paused).toContain('readings/0');
    expect(await inner.deliver(batchOf(20, 25))).toEqual({ resume: null });
    expect(taken).toHaveLength(1);
  });

  it('reads on when the last batch was not taken, or was dropped afterwards', async () => {
    const scene = await open();
    const { inner, bounded } = scene;
    scene.takes = false;
    expect(await inner.deliver(batchOf(10, 20))).toEqual({ resume: null });
    expect(inner.paused).not.toContain('readings/0');
    scene.takes = true;
    await inner.deliver(batchOf(10, 20));
    bounded.seek({ ...PARTITION, offset: 14n });
    bounded.resume([PARTITION]);
    expect(inner.paused).not.toContain('readings/0');
    expect(await inner.deliver(batchOf(14, 25))).toEqual({ resume: 20n });
  });

  it('never reads a partition without a range, nor one that is committed already', async () => {
    const { inner, bounded, taken } = await open(20n);
    expect([...inner.paused].sort()).toEqual(['readings/0', 'readings/1']);
    bounded.resume([PARTITION, OTHER]);
    expect([...inner.paused].sort()).toEqual(['readings/0', 'readings/1']);
    expect(await inner.deliver(batchOf(0, 5, { partition: 1 }))).toEqual({ resume: null });
    expect(taken).toEqual([]);
  });

  it('reads from the committed offset again after a rebalance, also what it had in hand', async () => {
    const { inner, bounded, taken } = await open();
    await inner.deliver(batchOf(10, 20));
    await bounded.commit([{ ...PARTITION, next: 15n }], bounded.assignment().epoch);
    inner.resume([PARTITION, OTHER]);
    await inner.assign(0, 1);
    expect([...inner.paused]).toEqual(['readings/1']);
    await inner.deliver(batchOf(15, 25));
    expect(offsetsOf(taken[1] as FetchedBatch)).toEqual([15, 16, 17, 18, 19]);
  });

  it('rises only with a commit that the coordinator has taken', async () => {
    const { inner, bounded, progress } = await open();
    const { epoch } = bounded.assignment();
    await bounded.commit([{ ...PARTITION, next: 12n }], epoch);
    inner.answer = async () => 'stale';
    await bounded.commit([{ ...PARTITION, next: 18n }], epoch);
    inner.answer = async () => Promise.reject(new Error('away'));
    await expect(bounded.commit([{ ...PARTITION, next: 18n }], epoch)).rejects.toThrow('away');
    expect(progress).toEqual([12n]);
    expect(bounded.progress).toEqual([{ partition: 0, from: 10n, to: 20n, next: 12n }]);
  });

  it('takes over what another member has committed, and never goes back', async () => {
    const { bounded, progress } = await open();
    bounded.learn(new Map([[0, 17n]]));
    bounded.learn(new Map([[0, 11n]]));
    bounded.learn(new Map([[0, null]]));
    bounded.learn(new Map([[0, 30n]]));
    expect(progress).toEqual([17n, 17n, 17n, 20n]);
  });
});
