import { Logger } from '@nestjs/common';
import { lab } from '../fakes/redrive.lab';
import { ACTOR, DEAD, LANE, RedriveScene, textsOf } from '../fakes/redrive.scene';

beforeAll(() => Logger.overrideLogger(false));

let scene: RedriveScene;
beforeEach(async () => {
  scene = await RedriveScene.open();
});
afterEach(async () => {
  await scene.close();
});

const sorted = (ids: readonly string[]) => [...ids].sort();
const billedIds = () => sorted(lab.billed.map(({ id }) => id));

describe('a redrive', () => {
  it('[OPS-02] [RD1] brings each record to the group that failed, once, and to no other one', async () => {
    const ids = await scene.fail(20);
    expect(lab.audited).toHaveLength(20);
    const job = await scene.redrive({ filter: {} });
    expect(job).toMatchObject({
      state: 'done',
      progress: { total: 20, done: 20, redriven: 20, failed: 0 },
    });
    expect(billedIds()).toEqual(sorted(ids));
    expect(lab.audited).toHaveLength(20);
    expect(scene.records('orders')).toHaveLength(20);
    expect(scene.records(LANE)).toHaveLength(20);
  });

  it('[RD8] keeps key, value, event id and what is known of the first failure', async () => {
    await scene.fail(1);
    const [letter] = scene.records(DEAD);
    const { id } = await scene.redrive({ filter: {} });
    const [sent] = scene.records(LANE);
    if (letter === undefined || sent === undefined) throw new Error('nothing was sent');
    expect([sent.key, sent.value]).toEqual([letter.key, letter.value]);
    const { 'dead-letter-reason': _, ...kept } = textsOf(letter);
    expect(textsOf(sent)).toEqual({
      ...kept,
      'dead-letter-redrive-count': '1',
      'dead-letter-redrive-id': id,
      'retry-tier': '0',
    });
    expect(kept).toMatchObject({
      'dead-letter-original-topic': 'orders',
      'dead-letter-original-offset': '0',
      'dead-letter-consumer-group': 'billing',
    });
    expect(lab.billed).toEqual([{ id: 'order-0', eventId: 'event-order-0' }]);
  });

  it('[RD4] leaves a record that came back three times, flagged, until a person forces it', async () => {
    await scene.fail(3);
    lab.refuses = (id) => id === 'order-1';
    for (const expected of [3, 1, 1]) {
      const job = await scene.redrive({ filter: {} });
      expect(job.progress).toMatchObject({ redriven: expected, failed: 0 });
    }
    expect(billedIds()).toEqual(['order-0', 'order-2']);
    const last = scene.records(DEAD).map(textsOf).at(-1);
    expect(last).toMatchObject({
      'dead-letter-reason': 'redrive-limit',
      'dead-letter-redrive-count': '3',
      'dead-letter-original-topic': 'orders',
      'dead-letter-error-code': 'HANDLER_PERMANENT',
    });
    const { redrives } = scene.operator();
    await expect(redrives.start({ filter: {} }, ACTOR)).rejects.toMatchObject({
      code: 'REDRIVE_NOTHING',
    });
    expect(await redrives.preview({ filter: { reason: 'redrive-limit' } })).toMatchObject({
      matching: 1,
      byTarget: [],
      refused: { 'redrive-limit': 1 },
    });
    lab.refuses = () => false;
    const forced = { filter: { reason: 'redrive-limit' }, force: true } as const;
    expect((await scene.redrive(forced)).progress.redriven).toBe(1);
    expect(billedIds()).toEqual(['order-0', 'order-1', 'order-2']);
  });
});
