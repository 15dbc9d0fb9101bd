import { Logger } from '@nestjs/common';
import type { PauseTarget, ProcessReport } from 'millrace/pipeline';
import { ReplayScene } from '../fakes/replay.scene';
import type { MoveTarget } from './group.views';

beforeAll(() => Logger.overrideLogger(false));

const BY_ANN = { by: 'ann', reason: 'the database is moved' };
const upTo = (end: number) => Array.from({ length: end }, (_, at) => at);

describe('Groups', () => {
  let scene: ReplayScene;
  let partition: number;

  beforeEach(async () => {
    scene = await ReplayScene.open();
    partition = await scene.quote(...upTo(10));
  });
  afterEach(() => scene.close());

  const groups = () => scene.operations.groups;
  /** Records that nobody handles: the group is paused. */
  const fallBehind = async (...times: readonly number[]) => {
    await groups().pause({ groupId: 'prices' }, BY_ANN);
    await scene.clock.advance(5_000);
    for (const at of times) {
      scene.pipeline.publishRaw('quotes', JSON.stringify({ metal: 'gold', at }), {}, { partition });
      await scene.clock.advance(30_000);
    }
  };
  const lagOf = async (groupId: string) => {
    const [group] = await groups().lag([groupId]);
    const own = group?.partitions.find((one) => one.partition === partition);
    return { group, own };
  };
  /** What another process says of itself. */
  const sayAs = (process: string, over: Partial<ProcessReport> & { pauses?: PauseTarget[] } = {}) =>
    scene.controls.report({
      process,
      service: 'lab',
      serviceVersion: '1',
      at: new Date(scene.clock.now()),
      groups: [
        {
          groupId: 'prices',
          pipeline: 'lab',
          state: 'assigned',
          lineStopped: false,
          inFlightRecords: 0,
          readers: [],
          partitions: [],
          pauses: over.pauses ?? [],
        },
      ],
      ...over,
    });

  it('[OPS-03] tells the lag per partition in records and seconds, and who has it', async () => {
    await fallBehind(10, 11, 12);
    const { group, own } = await lagOf('prices');
    expect(group).toMatchObject({ groupId: 'prices', state: 'Stable', lag: 3, lagSeconds: 90 });
    expect(own).toEqual({
      topic: 'quotes',
      partition,
      committed: 10n,
      earliest: 0n,
      end: 13n,
      lag: 3,
      lagSeconds: 90,
      owner: { clientId: 'memory', host: 'memory', memberId: expect.any(String) as string },
    });
    await scene.clock.advance(5_000);
    expect((await lagOf('prices')).own?.lagSeconds).toBe(95);
    expect((await lagOf('mail')).group).toMatchObject({ lag: 0, lagSeconds: 0 });
    expect((await groups().lag()).map(({ groupId }) => groupId)).toEqual([
      'candles',
      'careless',
      'mail',
      'prices',
    ]);
  });

  it('counts only what retention has kept, and dates that', async () => {
    await fallBehind(10, 11, 12);
    scene.pipeline.broker.deleteRecords('quotes', partition, 12n);
    expect((await lagOf('prices')).own).toMatchObject({
      committed: 10n,
      earliest: 12n,
      lag: 1,
      lagSeconds: 30,
    });
  });

  it('tells the lag while no process is left, from what they said last', async () => {
    await fallBehind(10);
    await scene.clock.runUntil(async () => (await groups().pauses())[0]?.applied === 1);
    await scene.endService();
    const { group, own } = await lagOf('prices');
    expect([group?.state, own?.lag, own?.owner]).toEqual(['Empty', 1, null]);
  });

  it('knows the lag in records when the record cannot be read', async () => {
    await fallBehind(10);
    scene.readsFail = true;
    expect((await lagOf('prices')).own).toMatchObject({ lag: 1, lagSeconds: null });
  });

  it('describes what groups read, and which processes have them', async () => {
    const [mail] = await groups().describe(['mail']);
    expect(mail).toMatchObject({
      groupId: 'mail',
      pipeline: 'lab',
      state: 'Stable',
      members: [{ host: 'memory', clientId: 'memory' }],
      readers: [
        {
          name: 'QuoteController.onMail',
          topic: 'quotes',
          contract: 'lab.quote.made v1',
          target: 'record',
          retryTopics: ['quotes.retry.0'],
          idempotent: true,
        },
      ],
      processes: [{ service: 'lab', isAlive: true, state: 'assigned', lineStopped: false }],
      pauses: [],
      stoppedLine: null,
    });
    expect(await groups().list()).toEqual(['candles', 'careless', 'mail', 'prices']);
  });

  it.each<[string, PauseTarget]>([
    ['a group', { groupId: 'prices' }],
    ['a topic', { groupId: 'prices', topic: 'quotes' }],
    ['a partition', { groupId: 'prices', topic: 'quotes', partition: 1 }],
  ])('[OPS-03] pauses and resumes %s, and keeps who did it and why', async (_title, target) => {
    await groups().pause(target, BY_ANN);
    expect(await groups().pauses()).toMatchObject([{ ...target, audit: BY_ANN }]);
    expect(await groups().resume(target, BY_ANN)).toBe(true);
    expect(await groups().resume(target, BY_ANN)).toBe(false);
    expect(await groups().pauses()).toEqual([]);
    expect(scene.audit.entries).toMatchObject([
      { ...BY_ANN, action: 'pause', target },
      { ...BY_ANN, action: 'resume', target },
    ]);
  });

  it.each<[string, PauseTarget, string]>([
    [
      'an unknown group',
      { groupId: 'price' },
      'there are: "candles", "careless", "mail", "prices"',
    ],
    ['an unknown topic', { groupId: 'prices', topic: 'quote' }, 'it reads: quotes'],
    [
      'an unknown partition',
      { groupId: 'prices', topic: 'quotes', partition: 3 },
      'no partition 3; it has 0 to 2',
    ],
    [
      'half a partition',
      { groupId: 'prices', topic: 'quotes', partition: 0.5 },
      'no partition 0.5',
    ],
    ['a partition without a topic', { groupId: 'prices', partition: 0 }, 'needs its topic'],
  ])('[OPS-03] refuses %s, and names what there is', async (_title, target, message) => {
    const refusal = {
      code: 'CONTROL_TARGET_INVALID',
      message: expect.stringContaining(message) as string,
    };
    await expect(groups().pause(target, BY_ANN)).rejects.toMatchObject(refusal);
    await expect(groups().resume(target, BY_ANN)).rejects.toMatchObject(refusal);
    expect(scene.audit.entries).toEqual([]);
    expect((await scene.controls.read()).pauses).toEqual([]);
  });

  it('refuses an unknown group wherever one is named', async () => {
    const refusal = { code: 'CONTROL_TARGET_INVALID' };
    await expect(groups().lag(['x'])).rejects.toMatchObject(refusal);
    await expect(groups().describe(['x'])).rejects.toMatchObject(refusal);
    await expect(groups().resumeLine('x', BY_ANN)).rejects.toMatchObject(refusal);
  });

  it('takes a pause back whose group is gone', async () => {
    await scene.controls.pause({ groupId: 'gone' }, { ...BY_ANN, at: new Date(scene.clock.now()) });
    expect(await groups().resume({ groupId: 'gone' }, BY_ANN)).toBe(true);
  });

  it('refuses nobody and no reason', async () => {
    const refusal = { code: 'CONTROL_REASON_MISSING' };
    const nobody = { by: '', reason: 'x' };
    const noReason = { by: 'ann', reason: ' ' };
    const target = { groupId: 'prices' };
    await expect(groups().pause(target, nobody)).rejects.toMatchObject(refusal);
    await expect(groups().resume(target, noReason)).rejects.toMatchObject(refusal);
    await expect(groups().resumeLine('prices', noReason)).rejects.toMatchObject(refusal);
    await expect(
      groups().moveOffsets('prices', 'quotes', 'beginning', noReason),
    ).rejects.toMatchObject(refusal);
  });

  it('[OPS-03] tells how many of the living processes have done what is wanted', async () => {
    const target = { groupId: 'prices' };
    await groups().pause(target, BY_ANN);
    await sayAs('two', { pauses: [target] });
    await sayAs('three');
    await sayAs('dead', { at: new Date(scene.clock.now() - 30_000), pauses: [target] });
    expect(await groups().pauses()).toMatchObject([{ ...target, processes: 3, applied: 1 }]);
    await scene.clock.advance(2_500);
    // The process of the scene has read the store, and says so.
    expect(await groups().pauses()).toMatchObject([{ ...target, processes: 3, applied: 2 }]);
    const [described] = await groups().describe(['prices']);
    expect(described?.pauses).toMatchObject([{ processes: 3, applied: 2 }]);
    expect(described?.processes.map(({ isAlive }) => isAlive)).toEqual([true, true, true, false]);
  });

  it('lets a group go on that has stopped itself', async () => {
    const at = new Date(scene.clock.now());
    await scene.controls.stop({ groupId: 'mail', serviceVersion: '0.0.0', at, causes: [] });
    expect(await groups().describe(['mail'])).toMatchObject([{ stoppedLine: { at } }]);
    expect(await groups().resumeLine('mail', BY_ANN)).toBe(true);
    expect(await groups().resumeLine('mail', BY_ANN)).toBe(false);
    expect(scene.audit.entries).toMatchObject([{ action: 'line.resume' }]);
  });

  it('[OPS-03] moves offsets only while the group has no members', async () => {
    const move = () => groups().moveOffsets('prices', 'quotes', 'beginning', BY_ANN);
    const committed = () =>
      scene.pipeline.broker.group('prices').committed({ topic: 'quotes', partition });
    await expect(move()).rejects.toMatchObject({
      code: 'REPLAY_GROUP_ACTIVE',
      message: expect.stringContaining('memory (memory)') as string,
    });
    expect([committed(), scene.audit.entries]).toEqual([10n, []]);
    await scene.endService();
    expect(await move()).toContainEqual({
      topic: 'quotes',
      partition,
      now: 10n,
      to: 0n,
      records: 10,
    });
    expect(committed()).toBe(0n);
    expect(scene.audit.entries).toMatchObject([
      { ...BY_ANN, action: 'group.move', target: { groupId: 'prices', topic: 'quotes' } },
    ]);
  });

  it('tells before what a move would do, also while the group runs', async () => {
    const preview = async (to: MoveTarget) => {
      const moves = await groups().previewMove('prices', 'quotes', to);
      return moves.find((one) => one.partition === partition);
    };
    const ahead = { now: 10n, to: 10n, records: 0 };
    expect(await preview('end')).toMatchObject(ahead);
    expect(await preview({ time: new Date(scene.clock.now() + 1_000) })).toMatchObject(ahead);
    const back = { offsets: { [partition]: 4n } };
    expect(await preview(back)).toMatchObject({ now: 10n, to: 4n, records: 6 });
    expect(await groups().previewMove('prices', 'quotes', back)).toHaveLength(1);
    scene.pipeline.broker.deleteRecords('quotes', partition, 6n);
    expect(await preview(back)).toMatchObject({ to: 6n, records: 4 });
  });

  it.each<[string, string, MoveTarget, string]>([
    ['an unknown topic', 'quote', 'beginning', 'REPLAY_TARGET_INVALID'],
    ['an unknown partition', 'quotes', { offsets: { 9: 0n } }, 'REPLAY_TARGET_INVALID'],
    ['an offset beyond the end', 'quotes', { offsets: { 0: 99n } }, 'REPLAY_WINDOW_INVALID'],
    ['no time', 'quotes', { time: new Date(NaN) }, 'REPLAY_WINDOW_INVALID'],
  ])('refuses to move to %s', async (_title, topic, to, code) => {
    await scene.endService();
    const moved = groups().moveOffsets('prices', topic, to, BY_ANN);
    await expect(moved).rejects.toMatchObject({ code });
    expect(scene.audit.entries).toEqual([]);
  });
});
