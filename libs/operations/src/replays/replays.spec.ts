import { Logger } from '@nestjs/common';
import { ReplayScene } from '../fakes/replay.scene';
import type { ReplaySpec } from './replay.views';

beforeAll(() => Logger.overrideLogger(false));

const BY_ANN = { by: 'ann', reason: 'the mapping was wrong' };
const upTo = (end: number) => Array.from({ length: end }, (_, at) => at);

describe('Replays', () => {
  let scene: ReplayScene;
  let partition: number;

  beforeEach(async () => {
    scene = await ReplayScene.open();
    partition = await scene.quote(...upTo(10));
  });
  afterEach(() => scene.close());

  const spec = (over: Partial<ReplaySpec> = {}): ReplaySpec => ({
    groupId: 'prices',
    topic: 'quotes',
    from: 'beginning',
    ...over,
  });
  const preview = (over: Partial<ReplaySpec> = {}) => scene.operations.replays.preview(spec(over));
  const start = (over: Partial<ReplaySpec> = {}) =>
    scene.operations.replays.start(spec(over), BY_ANN);
  const offsets = (offset: bigint) => ({ offsets: { [partition]: offset } });
  /** When the quote with this number was made, or later. */
  const timeOf = (at: number) => {
    const record = scene.pipeline.broker
      .records('quotes')
      .find(({ offset }) => offset === BigInt(at));
    return { time: new Date(record?.timestampMs ?? NaN) };
  };

  it('[OPS-01] tells before what a replay would read, by partition, and how long it takes', async () => {
    expect(await preview({ from: offsets(2n), ratePerSecond: 3 })).toEqual({
      groupId: 'prices',
      topic: 'quotes',
      partitions: [{ partition, from: 2n, to: 10n, records: 8, committed: 10n, clippedFrom: null }],
      records: 8,
      ratePerSecond: 3,
      estimateSeconds: 3,
      idempotent: true,
      notes: [],
    });
    expect(scene.audit.entries).toEqual([]);
  });

  it('[OPS-01] takes times, offsets, or everything that is still there', async () => {
    const ranges = async (over: Partial<ReplaySpec>) => {
      const { partitions } = await preview(over);
      const range = partitions.find((one) => one.partition === partition);
      return [range?.from, range?.to];
    };
    expect(await ranges({ from: timeOf(3), to: timeOf(7) })).toEqual([3n, 7n]);
    expect(await ranges({ from: timeOf(3) })).toEqual([3n, 10n]);
    expect(await ranges({ from: offsets(1n), to: offsets(4n) })).toEqual([1n, 4n]);
    expect(await ranges({})).toEqual([0n, 10n]);
    const future = { time: new Date(scene.clock.now() + 3_600_000) };
    expect(await ranges({ from: timeOf(8), to: future })).toEqual([8n, 10n]);
    expect((await preview({})).partitions).toHaveLength(3);
  });

  it('reads up to what the live group has committed, unless told otherwise', async () => {
    await scene.operations.groups.pause({ groupId: 'prices' }, BY_ANN);
    await scene.clock.advance(5_000);
    for (const at of [10, 11]) {
      scene.pipeline.publishRaw('quotes', JSON.stringify({ metal: 'gold', at }), {}, { partition });
    }
    await scene.clock.advance(5_000);
    expect((await preview()).records).toBe(10);
    const future = { time: new Date(scene.clock.now() + 1_000) };
    expect((await preview({ to: future })).records).toBe(12);
  });

  it('[OPS-01] clips the window to what retention has kept, and says so', async () => {
    scene.pipeline.broker.deleteRecords('quotes', partition, 4n);
    const clipped = await preview({ from: offsets(1n) });
    expect(clipped.partitions[0]).toMatchObject({ from: 4n, to: 10n, clippedFrom: 1n });
    expect(clipped.notes).toEqual([
      `quotes/${partition}: retention has deleted 3 records of the window; it begins at 4 in place of 1`,
    ]);
    const byTime = await preview({ from: { time: new Date(0) } });
    expect(byTime.notes.join()).toContain('the log begins at 4; older records of the window may');
    expect((await preview({ from: 'beginning' })).notes).toEqual([]);
  });

  it('[OPS-01] refuses a handler that would have its effect twice; an inbox makes it safe', async () => {
    const careless = await preview({ groupId: 'careless' });
    expect(careless).toMatchObject({ idempotent: false, records: 10 });
    expect(careless.notes.at(-1)).toContain('no sink and has no inbox');
    await expect(start({ groupId: 'careless' })).rejects.toMatchObject({
      code: 'REPLAY_NOT_IDEMPOTENT',
    });
    expect(await preview({ groupId: 'mail' })).toMatchObject({ idempotent: true });
    expect([await scene.operations.replays.list(), scene.audit.entries]).toEqual([[], []]);
  });

  it('warns of a sink that changes documents in place', async () => {
    const candles = await preview({ groupId: 'candles' });
    expect(candles).toMatchObject({ idempotent: true, records: 10 });
    expect(candles.notes).toEqual([
      expect.stringContaining('CandleSink changes documents in place'),
    ]);
  });

  it('[OPS-01] refuses a window that a replay of the group reads already, and no other', async () => {
    const first = await start({ from: offsets(0n), to: offsets(5n) });
    const overlapping = { code: 'REPLAY_OVERLAPS', message: expect.stringContaining(first.id) };
    await expect(start({ from: offsets(4n), to: offsets(8n) })).rejects.toMatchObject(overlapping);
    await expect(start({ from: offsets(0n), to: offsets(5n) })).rejects.toMatchObject(overlapping);
    await start({ from: offsets(5n), to: offsets(8n) });
    await start({ groupId: 'mail', from: offsets(0n), to: offsets(5n) });
    await scene.operations.replays.cancel(first.id, BY_ANN);
    await start({ from: offsets(0n), to: offsets(5n) });
    expect(await scene.operations.replays.list()).toHaveLength(4);
  });

  it('of two that start at once at most one reads', async () => {
    const results = await Promise.allSettled([
      start({ from: offsets(0n), to: offsets(5n) }),
      start({ from: offsets(3n), to: offsets(8n) }),
    ]);
    const active = (await scene.operations.replays.list()).filter(
      ({ state }) => state === 'waiting',
    );
    expect(active.length).toBeLessThanOrEqual(1);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(active.length);
  });

  it.each<[string, Partial<ReplaySpec>, string, string]>([
    [
      'an unknown group',
      { groupId: 'price' },
      'REPLAY_TARGET_INVALID',
      '"candles", "careless", "mail"',
    ],
    ['an unknown topic', { topic: 'quote' }, 'REPLAY_TARGET_INVALID', 'it reads: quotes'],
    [
      'an unknown partition',
      { from: { offsets: { 7: 1n } } },
      'REPLAY_TARGET_INVALID',
      'no partition 7; it has 0, 1, 2',
    ],
    [
      'an offset beyond the end',
      { from: { offsets: { 0: 99n } } },
      'REPLAY_WINDOW_INVALID',
      'offset 99 is not in quotes/0',
    ],
    ['no offset', { from: { offsets: {} } }, 'REPLAY_WINDOW_INVALID', 'no offset'],
    ['no time', { from: { time: new Date(NaN) } }, 'REPLAY_WINDOW_INVALID', 'no time'],
    [
      'a window that ends before it begins',
      { from: { time: new Date(2_000) }, to: { time: new Date(1_000) } },
      'REPLAY_WINDOW_INVALID',
      'not after its beginning',
    ],
    [
      'an offset window that ends before it begins',
      { from: { offsets: { 0: 0n } }, to: { offsets: { 0: 0n } } },
      'REPLAY_WINDOW_INVALID',
      'not after its beginning at 0',
    ],
    ['a rate of nothing', { ratePerSecond: 0 }, 'REPLAY_WINDOW_INVALID', 'from 1 to'],
    ['a rate that is no number', { ratePerSecond: NaN }, 'REPLAY_WINDOW_INVALID', 'from 1 to'],
    [
      'a window without a record',
      { from: { time: new Date(Date.UTC(2030, 0, 1)) } },
      'REPLAY_WINDOW_INVALID',
      'holds no record',
    ],
  ])('refuses %s', async (_title, over, code, message) => {
    const refusal = { code, message: expect.stringContaining(message) as string };
    await expect(start(over)).rejects.toMatchObject(refusal);
    expect(await scene.operations.replays.list()).toEqual([]);
  });

  it('refuses nobody and no reason, before anything else', async () => {
    const missing = { code: 'CONTROL_REASON_MISSING' };
    const { replays } = scene.operations;
    await expect(replays.start(spec(), { by: 'ann', reason: ' ' })).rejects.toMatchObject(missing);
    await expect(replays.start(spec(), { by: '', reason: 'x' })).rejects.toMatchObject(missing);
    const job = await start();
    await expect(replays.cancel(job.id, { by: 'ann', reason: '' })).rejects.toMatchObject(missing);
  });

  it('[OPS-01] keeps who wanted it and why before the job is there', async () => {
    jest.spyOn(scene.jobs, 'create').mockRejectedValueOnce(new Error('store away'));
    await expect(start({ from: offsets(2n) })).rejects.toThrow('store away');
    expect(scene.audit.entries).toEqual([
      expect.objectContaining({
        ...BY_ANN,
        action: 'replay.start',
        target: { groupId: 'prices', topic: 'quotes' },
        detail: expect.objectContaining({ records: 8 }) as unknown,
      }),
    ]);
  });
});
