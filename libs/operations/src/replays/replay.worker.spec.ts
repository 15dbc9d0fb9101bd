import { Logger } from '@nestjs/common';
import { permanent } from 'millrace/errors';
import { ReplayScene } from '../fakes/replay.scene';
import { mails, QuoteSink } from '../fakes/replay.lab';

beforeAll(() => Logger.overrideLogger(false));

const BY_ANN = { by: 'ann', reason: 'the mapping was wrong' };
const upTo = (end: number) => Array.from({ length: end }, (_, at) => at);

describe('ReplayWorker', () => {
  let scene: ReplayScene;
  let partition: number;

  beforeEach(async () => {
    scene = await ReplayScene.open();
    partition = await scene.quote(...upTo(100));
  });
  afterEach(() => scene.close());

  const start = (groupId: string, ratePerSecond = 50, to = 100n) =>
    scene.operations.replays.start(
      {
        groupId,
        topic: 'quotes',
        from: { offsets: { [partition]: 0n } },
        to: { offsets: { [partition]: to } },
        ratePerSecond,
      },
      BY_ANN,
    );

  it('[OPS-01] runs a replay where its handlers are, and tells how it ended', async () => {
    scene.work();
    const job = await start('prices');
    const sink = scene.pipeline.sink(QuoteSink);
    const writes = sink.writes;
    expect(await scene.ended(job.id)).toMatchObject({ state: 'done', owner: null });
    expect(await scene.progressOf(job.id)).toEqual({
      groupId: `prices.replay.${job.id}`,
      records: 100,
      done: 100,
      partitions: [{ partition, from: '0', to: '100', next: '100' }],
    });
    expect(sink.writes).toBeGreaterThan(writes);
    const actions = scene.audit.entries.map(({ action, jobId, by }) => [action, jobId, by]);
    expect(actions).toEqual([
      ['replay.start', job.id, 'ann'],
      ['replay.end', job.id, 'ann'],
    ]);
    expect(scene.audit.entries[1]?.result).toMatchObject({ state: 'done' });
  });

  it('[OPS-01] overwrites nothing newer, and stores nothing twice', async () => {
    scene.work();
    const job = await start('prices');
    await scene.quote(100, 101);
    await scene.ended(job.id);
    await scene.pipeline.settled();
    expect(scene.pipeline.stored(QuoteSink)).toHaveLength(1);
    expect(scene.pipeline.stored(QuoteSink)[0]?.document).toEqual({ metal: 'gold', at: 101 });
  });

  it('[OPS-01] has no effect twice with an inbox', async () => {
    scene.work();
    expect(mails).toEqual(upTo(100));
    const job = await start('mail', 1_000);
    expect(await scene.ended(job.id)).toMatchObject({ state: 'done' });
    expect(mails).toEqual(upTo(100));
  });

  it('saves progress while it runs', async () => {
    scene.work();
    const job = await start('prices', 10);
    await scene.clock.advance(6_000);
    const { done } = await scene.progressOf(job.id);
    expect(done).toBeGreaterThan(10);
    expect(done).toBeLessThan(60);
    await scene.ended(job.id);
  });

  it('[OPS-01] gives the replay back when the process drains; another one goes on with it', async () => {
    const first = scene.work('one');
    const job = await start('prices', 10);
    await scene.clock.advance(6_000);
    await scene.drain(first);
    const { done } = await scene.progressOf(job.id);
    expect(await scene.jobs.get(job.id)).toMatchObject({ state: 'waiting', owner: null });
    expect(done).toBeGreaterThan(10);
    const startedMs = scene.clock.now();
    scene.work('two');
    expect(await scene.ended(job.id)).toMatchObject({ state: 'done' });
    // From where it was: 10 per second.
    expect(scene.clock.now() - startedMs).toBeLessThan((100 - done) * 100 + 5_000);
  });

  it('[OPS-01] goes on with a replay whose process was killed, after its lease', async () => {
    const dead = await start('prices', 10);
    // Took it, got half way, and never spoke again.
    const taken = await scene.jobs.claim(['replay'], 'dead', 30_000, dead.id);
    const group = scene.pipeline.broker.group(`prices.replay.${dead.id}`);
    group.setCommitted([{ topic: 'quotes', partition, next: 60n }]);
    scene.work();
    await scene.clock.advance(25_000);
    expect(await scene.jobs.get(dead.id)).toMatchObject({ state: 'running', owner: 'dead' });
    const sink = scene.pipeline.sink(QuoteSink);
    const seen: bigint[] = [];
    sink.refuse(({ raw }) => (seen.push(raw.offset), null));
    expect(await scene.ended(dead.id)).toMatchObject({ state: 'done' });
    expect(seen[0]).toBe(60n);
    expect(seen.at(-1)).toBe(99n);
    expect(await scene.jobs.finish(dead.id, taken?.fence ?? 0, 'failed', null)).toBe(false);
  });

  it('[OPS-01] ends when an operator cancels it; what was handled stays', async () => {
    scene.work();
    const job = await start('prices', 10);
    await scene.clock.advance(5_000);
    const by = { by: 'bob', reason: 'enough' };
    expect(await scene.operations.replays.cancel(job.id, by)).toBe(true);
    expect(await scene.ended(job.id)).toMatchObject({ state: 'cancelled' });
    expect((await scene.progressOf(job.id)).done).toBeLessThan(100);
    expect(await scene.operations.replays.cancel(job.id, by)).toBe(false);
    expect(scene.audit.entries.map(({ action, by: who }) => [action, who])).toEqual([
      ['replay.start', 'ann'],
      ['replay.cancel', 'bob'],
      ['replay.end', 'ann'],
    ]);
  });

  it('leaves a replay of other handlers alone', async () => {
    const job = await start('prices');
    const order = { ...job, id: 'x', selection: 'x' };
    const spec = { groupId: 'elsewhere', topic: 'quotes', ratePerSecond: 1, partitions: [] };
    await scene.jobs.create({ ...order, spec });
    scene.work();
    await scene.ended(job.id);
    await scene.clock.advance(60_000);
    expect(await scene.stateOf('x')).toBe('waiting');
  });

  it('fails for good when its handlers would write too many dead letters', async () => {
    const sink = scene.pipeline.sink(QuoteSink);
    sink.refuse(() => permanent('a bug'));
    scene.work();
    const job = await start('prices', 1_000);
    const ended = await scene.ended(job.id);
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'LINE_STOPPED' } });
    sink.refuse(() => null);
  });

  it('waits for the store, and stops before its lease when the store stays away', async () => {
    scene.work();
    const job = await start('prices', 1);
    await scene.clock.advance(4_000);
    const save = jest.spyOn(scene.jobs, 'save').mockRejectedValue(new Error('store away'));
    const group = scene.pipeline.broker.group(`prices.replay.${job.id}`);
    await scene.clock.advance(10_000);
    expect(group.memberIds).toHaveLength(1);
    await scene.clock.advance(19_000);
    expect(group.memberIds).toEqual([]);
    expect(await scene.jobs.get(job.id)).toMatchObject({ state: 'running', owner: 'one' });
    save.mockRestore();
    expect(await scene.ended(job.id)).toMatchObject({ state: 'done' });
  });

  it('goes on when the brokers were away at its start', async () => {
    scene.pipeline.faults.brokerDown();
    const { jobs } = scene;
    scene.pipeline.faults.brokerUp();
    const job = await start('prices');
    scene.pipeline.faults.brokerDown();
    scene.work();
    await scene.clock.advance(5_000);
    expect(await jobs.get(job.id)).toMatchObject({ state: 'running' });
    scene.pipeline.faults.brokerUp();
    expect(await scene.ended(job.id)).toMatchObject({ state: 'done' });
  });
});
