import { Logger } from '@nestjs/common';
import { DEAD_LETTER_HEADERS } from 'millrace/pipeline';
import { lab } from '../fakes/redrive.lab';
import { ACTOR, DEAD, LANE, RedriveScene, textsOf } from '../fakes/redrive.scene';
import type { RedriveSpec } from './redrive.views';

beforeAll(() => Logger.overrideLogger(false));

let scene: RedriveScene;
beforeEach(async () => {
  scene = await RedriveScene.open();
});
afterEach(async () => {
  await scene.close();
});

const idsOnLane = () => scene.records(LANE).map(({ key }) => key?.toString());

describe('a dry run', () => {
  it('[RD3] counts per target, shows five letters, tells the time, and sends nothing', async () => {
    await scene.fail(120);
    const found = await scene.operator().redrives.preview({ filter: {} });
    expect(found).toMatchObject({
      matching: 120,
      byTarget: [{ topic: LANE, groupId: 'billing', count: 120 }],
      ratePerSecond: 50,
      estimateSeconds: 3,
    });
    expect(found.samples).toHaveLength(5);
    expect(found.samples[0]?.key).toMatch(/^order-/);
    expect(scene.records(LANE)).toEqual([]);
    expect(await scene.jobs.list()).toEqual([]);
    expect(scene.audit.entries).toEqual([]);
  });

  it('[RD2] selects by group, reason, code, time, key, contract, or exactly some letters', async () => {
    await scene.fail(4);
    const [, second, , fourth] = scene.records(DEAD);
    const { redrives } = scene.operator();
    const countOf = async (filter: RedriveSpec['filter']) =>
      (await redrives.preview({ filter })).matching;
    expect(await countOf({ groupId: 'billing', reason: 'handler-permanent' })).toBe(4);
    expect(await countOf({ groupId: 'audit' })).toBe(0);
    expect(await countOf({ errorCode: 'HANDLER_PERMANENT', contract: 'lab.order.placed' })).toBe(4);
    expect(await countOf({ key: 'order-2' })).toBe(1);
    expect(await countOf({ until: new Date(0) })).toBe(0);
    const positions = [second, fourth].flatMap((record) =>
      record === undefined
        ? []
        : [{ topic: DEAD, partition: record.partition, offset: record.offset }],
    );
    expect(await countOf({ positions })).toBe(2);
    await scene.redrive({ filter: { positions } });
    expect(idsOnLane().sort()).toEqual([second?.key?.toString(), fourth?.key?.toString()].sort());
  });
});

describe('a letter that cannot go back', () => {
  const { truncated, undecodableRecords, consumerGroup, originalTopic } = DEAD_LETTER_HEADERS;

  it.each([
    ['truncated', { [truncated]: 'value' }],
    ['undecodable', { [undecodableRecords]: '3' }],
    ['unaddressed', { [consumerGroup]: '' }],
    ['unaddressed', { [originalTopic]: 'payments' }],
  ] as const)('is counted as %s and stays, also with force', async (refusal, headers) => {
    await scene.fail(1);
    scene.letter(headers);
    const job = await scene.redrive({ filter: {}, force: true });
    expect(job.progress).toMatchObject({ total: 1, redriven: 1, refused: { [refusal]: 1 } });
    expect(idsOnLane()).toEqual(['order-0']);
  });

  it('[RD10] is left out when a person has put it aside', async () => {
    await scene.fail(3);
    const [letter] = scene.records(DEAD);
    if (letter === undefined) throw new Error('there is no letter');
    const operations = scene.operator();
    const position = { topic: DEAD, partition: letter.partition, offset: letter.offset };
    await operations.deadLetters.park([position], ACTOR);
    const { refused } = await operations.redrives.preview({ filter: { positions: [position] } });
    expect(refused.parked).toBe(1);
    const job = await scene.redrive({ filter: {} }, operations);
    expect(job.progress.redriven).toBe(2);
    expect(idsOnLane()).not.toContain(letter.key?.toString());
  });

  it('[RD4] is not sent a second time: when it failed again, there is a newer letter', async () => {
    await scene.fail(5);
    await scene.redrive({ filter: { key: 'order-1' } });
    const job = await scene.redrive({ filter: {} });
    expect(job.progress).toMatchObject({ redriven: 4, refused: { 'already-redriven': 1 } });
    const { redrives } = scene.operator();
    await expect(redrives.start({ filter: {} }, ACTOR)).rejects.toMatchObject({
      code: 'REDRIVE_NOTHING',
      message: expect.stringContaining('5 already-redriven') as string,
    });
    await scene.redrive({ filter: { key: 'order-1' }, force: true });
    expect(idsOnLane().filter((id) => id === 'order-1')).toHaveLength(2);
  });
});

describe('a redrive that cannot be', () => {
  const start = (spec: RedriveSpec, actor = ACTOR) => scene.operator().redrives.start(spec, actor);

  afterEach(async () => {
    expect(await scene.jobs.list()).toEqual([]);
    expect(scene.records(LANE)).toEqual([]);
  });

  it.each([
    ['without a reason', { by: 'ada', reason: '  ' }],
    ['of nobody', { by: '', reason: 'healed' }],
  ])('is refused %s', async (_what, actor) => {
    await scene.fail(1);
    await expect(start({ filter: {} }, actor)).rejects.toMatchObject({
      code: 'CONTROL_REASON_MISSING',
    });
    expect(scene.audit.entries).toEqual([]);
  });

  it.each<readonly [string, string, RedriveSpec]>([
    ['no rate', 'REDRIVE_SPEC_INVALID', { filter: {}, ratePerSecond: 0 }],
    ['a rate that is too high', 'REDRIVE_SPEC_INVALID', { filter: {}, ratePerSecond: 5_001 }],
    ['no records', 'REDRIVE_SPEC_INVALID', { filter: {}, maxRecords: 0 }],
    ['no redrives', 'REDRIVE_SPEC_INVALID', { filter: {}, maxRedrives: 0 }],
    ['no positions', 'REDRIVE_SPEC_INVALID', { filter: { positions: [] } }],
    ['another topic', 'DEADLETTER_FILTER_INVALID', { filter: { topic: 'payments' } }],
    ['another field', 'DEADLETTER_FILTER_INVALID', { filter: { metal: 'gold' } as never }],
    [
      'a position without a letter',
      'DEADLETTER_NOT_FOUND',
      { filter: { positions: [{ topic: DEAD, partition: 0, offset: 99n }] } },
    ],
    ['letters of nobody', 'REDRIVE_NOTHING', { filter: { groupId: 'audit' } }],
  ])('is refused for %s with %s', async (_what, code, spec) => {
    await scene.fail(1);
    await expect(start(spec)).rejects.toMatchObject({ code });
    expect(scene.audit.entries).toEqual([]);
  });

  it('is refused when the topic that it would go to is gone', async () => {
    scene.pipeline.broker.createTopic({ topic: 'gone.dead-letter', partitions: 1 });
    const { originalTopic, originalPartition, originalOffset, consumerGroup } = DEAD_LETTER_HEADERS;
    scene.pipeline.publishRaw('gone.dead-letter', '{}', {
      ...{ [originalTopic]: 'gone', [originalPartition]: '0', [originalOffset]: '1' },
      [consumerGroup]: 'billing',
    });
    const error = expect.objectContaining({
      code: 'REDRIVE_TARGET_MISSING',
      message: expect.stringContaining('"gone.retry.0"') as string,
    }) as unknown;
    const filter = { topic: 'gone' };
    await expect(scene.operator().redrives.preview({ filter })).rejects.toEqual(error);
    await expect(start({ filter })).rejects.toEqual(error);
    expect(scene.audit.entries).toEqual([]);
  });
});

describe('a second redrive', () => {
  it('[OPS-02] of the same selection is refused until the first one is over, however it is written', async () => {
    await scene.fail(2);
    const { redrives } = scene.operator();
    const first = await redrives.start({ filter: { topic: 'orders', groupId: 'billing' } }, ACTOR);
    const same = { groupId: 'billing', topic: 'orders', reason: undefined };
    const refused = redrives.start({ filter: same, ratePerSecond: 7 }, ACTOR);
    await expect(refused).rejects.toMatchObject({
      code: 'REDRIVE_DUPLICATE',
      facts: { jobId: first.id },
    });
    await scene.finish(redrives.run(first.id));
    await expect(redrives.start({ filter: same }, ACTOR)).rejects.toMatchObject({
      code: 'REDRIVE_NOTHING',
    });
  });

  it('[OPS-02] loses the race where it is decided: in the store', async () => {
    await scene.fail(2);
    const { redrives } = scene.operator();
    const list = scene.jobs.list.bind(scene.jobs);
    // Both looked before one of them was there.
    scene.jobs.list = async (options) => (options?.state === undefined ? list(options) : []);
    const answers = await Promise.allSettled([
      redrives.start({ filter: {} }, ACTOR),
      redrives.start({ filter: {} }, ACTOR),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(scene.audit.entries.map(({ action, result }) => [action, result])).toEqual([
      ['redrive.start', undefined],
      ['redrive.start', undefined],
      ['redrive.finish', { state: 'refused', error: { code: 'REDRIVE_DUPLICATE' } }],
    ]);
  });
});

describe('the lane of redrives', () => {
  it('has what the group says of itself, not what the headers of a letter say', async () => {
    await scene.fail(1);
    scene.pipeline.broker.createTopic({ topic: 'orders.billing.retry.0', partitions: 1 });
    const reader = { name: 'x', topic: 'orders', contract: null, target: 'record' as const };
    const readers = [{ ...reader, retryTopics: [LANE], idempotent: false }];
    const group = { groupId: 'billing', pipeline: 'lab', state: 'assigned', lineStopped: false };
    await scene.controls.report({
      ...{ process: 'p', service: 'lab', serviceVersion: '1', at: new Date(0) },
      groups: [{ ...group, inFlightRecords: 0, readers, partitions: [], pauses: [] }],
    });
    await scene.redrive({ filter: {} });
    expect(scene.records('orders.billing.retry.0')).toEqual([]);
    const [sent] = scene.records(LANE);
    expect(sent === undefined ? null : textsOf(sent)).toMatchObject({
      'dead-letter-consumer-group': 'billing',
    });
    expect(lab.billed).toHaveLength(1);
  });
});
