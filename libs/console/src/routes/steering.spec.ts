import type { Operations } from 'millrace/operations';
import { eventually } from 'millrace/testing';
import { ConsoleLab, DEAD_LETTERS } from '../fakes/console.lab';

describe('steering through the console', () => {
  let lab: ConsoleLab;
  beforeEach(async () => {
    lab = await ConsoleLab.open();
  });
  afterEach(() => lab.close());

  const post = (path: string, body: unknown) => lab.as('operator').post(path, body);

  describe('a redrive', () => {
    it('[OPS-03] is a dry run unless told otherwise: nothing is kept, nothing is sent', async () => {
      const { status, body } = await post('/dead-letters/redrive', { filter: {} });
      expect([status, body]).toMatchObject([
        200,
        {
          dryRun: true,
          matching: 3,
          byTarget: [{ topic: 'orders.retry.0', groupId: 'orders', count: 3 }],
          samples: [{ key: 'one' }, { key: 'two' }, { key: 'three' }],
        },
      ]);
      expect([await lab.jobs.list(), lab.audit.entries]).toEqual([[], []]);
    });

    it('[OPS-03] becomes a job that is seen, carried out and written down', async () => {
      const started = await post('/dead-letters/redrive', {
        dryRun: false,
        reason: 'fixed',
        filter: { topic: 'orders' },
        ratePerSecond: 1_000,
      });
      expect([started.status, started.body]).toMatchObject([202, { state: 'waiting' }]);
      const { id } = started.body;
      await lab.operations.redrives.run(id);
      const { body } = await lab.as('viewer').get(`/redrives/${id}`);
      expect(body).toMatchObject({ state: 'done', progress: { redriven: 3 } });
      const list = await lab.as('viewer').get('/redrives');
      expect(list.body.redrives).toMatchObject([{ id }]);
      const activity = await lab.as('viewer').get(`/activity?jobId=${id}`);
      expect(activity.body.entries).toContainEqual(
        expect.objectContaining({
          by: 'otto',
          reason: 'fixed',
          action: 'redrive.start',
        }),
      );
    });

    it('ends when it is cancelled; a second time it is over', async () => {
      const body = { dryRun: false, reason: 'r', filter: {} };
      const { id } = (await post('/dead-letters/redrive', body)).body;
      const cancelled = await post(`/redrives/${id}/cancel`, { reason: 'wrong one' });
      expect([cancelled.status, cancelled.body.state]).toEqual([202, 'cancelled']);
      const again = await post(`/redrives/${id}/cancel`, { reason: 'r' });
      expect([again.status, again.body.code]).toEqual([409, 'REDRIVE_OVER']);
    });

    it('of what is being redriven is a conflict', async () => {
      const body = { dryRun: false, reason: 'r', filter: {} };
      await post('/dead-letters/redrive', body);
      const second = await post('/dead-letters/redrive', body);
      expect([second.status, second.body.code]).toEqual([409, 'REDRIVE_DUPLICATE']);
      expect(await lab.jobs.list()).toHaveLength(1);
    });

    it('into a topic that is gone is refused, and nothing is kept', async () => {
      lab.broker.deleteTopic('orders.retry.0');
      const body = { dryRun: false, reason: 'r', filter: {} };
      const { status, body: problem } = await post('/dead-letters/redrive', body);
      expect([status, problem.code]).toEqual([409, 'REDRIVE_TARGET_MISSING']);
      expect([await lab.jobs.list(), lab.audit.entries]).toEqual([[], []]);
    });

    it.each([
      ['no selection', {}, 'body.filter'],
      ['two selections', { filter: {}, positions: [] }, 'body.positions'],
      [
        'a rate above that of the console',
        { filter: {}, ratePerSecond: 2_001 },
        'body.ratePerSecond',
      ],
      ['an unknown reason', { filter: { reason: 'x' } }, 'body.filter.reason'],
      [
        'an offset that is a number',
        { filter: { offsets: { from: 1 } } },
        'body.filter.offsets.from',
      ],
      ['no reason for doing it', { filter: {}, dryRun: false }, 'body.reason'],
      ['an unknown topic', { filter: { topic: 'nothing' } }, 'topic'],
    ])('with %s is refused, naming the field', async (_what, body, path) => {
      const answer = await post('/dead-letters/redrive', body);
      expect([answer.status, answer.body.issues[0].path]).toEqual([400, path]);
      expect(await lab.jobs.list()).toEqual([]);
    });

    it('of a position that is not there is refused', async () => {
      const positions = [{ topic: DEAD_LETTERS, partition: 0, offset: '77' }];
      const { status, body } = await post('/dead-letters/redrive', { positions });
      expect([status, body.code]).toEqual([404, 'DEADLETTER_NOT_FOUND']);
    });
  });

  describe('a replay', () => {
    const spec = { groupId: 'orders', topic: 'orders', from: 'beginning' };
    const produce = () => {
      for (let n = 0; n < 5; n += 1) {
        lab.broker.append('orders', {
          key: null,
          value: Buffer.from('{}'),
          partition: 0,
          headers: [],
        });
      }
    };
    const to = { offsets: { 0: '4' } };

    it('[OPS-03] is a dry run unless told otherwise', async () => {
      produce();
      const { status, body } = await post('/replay', { ...spec, to });
      expect([status, body]).toMatchObject([200, { dryRun: true, records: 4, idempotent: true }]);
      expect(await lab.jobs.list()).toEqual([]);
    });

    it('becomes a job; one of an overlapping window is a conflict; cancelled it is over', async () => {
      produce();
      const started = await post('/replay', { ...spec, to, dryRun: false, reason: 'r' });
      expect([started.status, started.body.kind]).toEqual([202, 'replay']);
      const other = { ...spec, to: { offsets: { 0: '2' } }, dryRun: false, reason: 'r' };
      const second = await post('/replay', other);
      expect([second.status, second.body.code]).toEqual([409, 'REPLAY_OVERLAPS']);
      const { id } = started.body;
      const cancel = () => post(`/replays/${id}/cancel`, { reason: 'r' });
      expect([(await cancel()).body.changed, (await cancel()).body.changed]).toEqual([true, false]);
      expect((await lab.as('viewer').get(`/replays/${id}`)).body.state).toBe('cancelled');
      expect((await lab.as('viewer').get('/replays')).body.replays).toHaveLength(1);
    });

    it.each([
      ['an unknown group', { ...spec, groupId: 'x' }, 404, 'groupId'],
      ['a topic that the group does not read', { ...spec, topic: 'x' }, 404, 'topic'],
      ['a time that is none', { ...spec, from: { time: 'noon' } }, 400, 'body.from.time'],
      ['a partition that is none', { ...spec, from: { offsets: { a: '1' } } }, 400, 'body.from'],
    ])('with %s is refused, naming the field', async (_what, body, status, path) => {
      const answer = await post('/replay', body);
      expect([answer.status, answer.body.issues[0].path]).toEqual([status, path]);
    });
  });

  describe('a move', () => {
    const move = (body: object) => post('/handlers/orders/move', { topic: 'orders', ...body });
    const committed = () => lab.broker.group('orders').committed({ topic: 'orders', partition: 0 });

    it('[OPS-03] is a dry run unless told otherwise', async () => {
      const { status, body } = await move({ to: 'end' });
      expect([status, body.dryRun, body.partitions.length]).toEqual([200, true, 2]);
      expect([committed(), lab.audit.entries]).toEqual([null, []]);
    });

    it('[OPS-03] is done with a reason, and kept in the audit', async () => {
      lab.broker.append('orders', { key: null, value: null, partition: 0, headers: [] });
      const { status } = await move({ to: 'end', dryRun: false, reason: 'skip' });
      expect([status, committed()]).toEqual([200, 1n]);
      expect(lab.audit.entries).toMatchObject([
        { action: 'group.move', by: 'otto', reason: 'skip' },
      ]);
    });

    it.each([
      ['a topic that the handler does not read', { topic: 'x', to: 'end' }, 404, 'topic'],
      ['a partition that is not there', { to: { offsets: { 9: '0' } } }, 404, undefined],
      ['no position', { to: 'somewhere' }, 400, 'body.to'],
      ['no reason', { to: 'end', dryRun: false }, 400, undefined],
    ])('with %s is refused', async (_what, body, status, path) => {
      const answer = await move(body);
      expect(answer.status).toBe(status);
      if (path !== undefined) expect(JSON.stringify(answer.body)).toContain(path);
      expect([committed(), lab.audit.entries]).toEqual([null, []]);
    });
  });

  describe('a pause', () => {
    it('[OPS-03] [CON-09] of a partition is seen with those who have applied it, and taken away', async () => {
      const body = { reason: 'r', topic: 'orders', partition: 1 };
      await post('/handlers/orders/pause', body);
      const { handlers } = (await lab.as('viewer').get('/handlers?group=orders')).body;
      expect(handlers[0]).toMatchObject({
        paused: false,
        pauses: [{ topic: 'orders', partition: 1, processes: 1, applied: 0 }],
      });
      expect((await post('/handlers/orders/resume', body)).body.changed).toBe(true);
      expect((await post('/handlers/orders/resume', body)).body.changed).toBe(false);
    });

    it.each([
      ['an unknown handler', 'nobody', { reason: 'r' }, 'groupId'],
      ['a topic that it does not read', 'orders', { reason: 'r', topic: 'x' }, 'topic'],
      ['a partition without its topic', 'orders', { reason: 'r', partition: 0 }, 'topic'],
      [
        'a partition that is not there',
        'orders',
        { reason: 'r', topic: 'orders', partition: 9 },
        'partition',
      ],
    ])('of %s is refused, naming the field', async (_what, id, body, path) => {
      const answer = await post(`/handlers/${id}/pause`, body);
      expect([answer.status, answer.body.issues[0].path]).toEqual([404, path]);
      expect(lab.audit.entries).toEqual([]);
    });
  });

  it('[OPS-03] tells lag by partition, also of one group, and refuses an unknown one', async () => {
    const { body } = await lab.as('viewer').get('/lag?group=orders');
    expect(body.groups[0].partitions).toMatchObject([
      { topic: 'orders', partition: 0, committed: null, end: '0', lag: 0 },
      { topic: 'orders', partition: 1 },
    ]);
    expect((await lab.as('viewer').get('/lag?group=nobody')).status).toBe(404);
  });

  it('[CFG-03] tells settings with their source, secrets as fingerprint', async () => {
    const { settings } = (await lab.as('viewer').get('/config')).body;
    expect(settings).toContainEqual(
      expect.objectContaining({
        variable: 'CONSOLE_TOKEN_HASH',
        value: expect.stringMatching(/^\[secret sha256 [0-9a-f]{8}\]$/),
      }),
    );
  });

  it('tells a line that has stopped itself to go on', async () => {
    await lab.controls.stop({ groupId: 'orders', serviceVersion: '1', at: new Date(), causes: [] });
    expect((await post('/lines/orders/resume', { reason: 'r' })).body.changed).toBe(true);
    expect((await post('/lines/orders/resume', { reason: 'r' })).body.changed).toBe(false);
  });
});

describe('reads of the console', () => {
  it('are few at once when they are large: 503 for the third', async () => {
    let reading = 0;
    const never = () => {
      reading += 1;
      return new Promise<never>(() => undefined);
    };
    const lab = await ConsoleLab.open({
      operations: (real) =>
        Object.assign(Object.create(real) as Operations, {
          deadLetters: Object.assign(Object.create(real.deadLetters), { groups: never }),
        }),
    });
    const pending = [1, 2].map(() =>
      lab
        .as('viewer')
        .get('/dead-letters/groups')
        .catch(() => null),
    );
    await eventually(() => reading === 2, { what: 'two large reads' });
    const third = await lab.as('viewer').get('/dead-letters/groups');
    expect([third.status, third.body.code]).toEqual([503, 'CONSOLE_BUSY']);
    await lab.close();
    await Promise.all(pending);
  });
});
