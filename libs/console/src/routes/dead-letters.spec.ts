import { consoleSettings } from '../console.config';
import { ConsoleLab, DEAD_LETTERS, labSettings } from '../fakes/console.lab';
import type { ConsoleLabOptions } from '../fakes/console.lab';

describe('dead letters of the console', () => {
  let lab: ConsoleLab;
  const open = async (options?: ConsoleLabOptions) => (lab = await ConsoleLab.open(options));
  afterEach(() => lab.close());

  const keysOf = (letters: ReadonlyArray<{ readonly key: string }>) =>
    letters.map(({ key }) => key);

  it('[OPS-03] are listed in pages that meet without a gap and without a repeat', async () => {
    await open();
    for (let n = 0; n < 7; n += 1) lab.letter(`more-${n}`);
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await lab.as('viewer').get(`/dead-letters?limit=3${cursor}`);
      seen.push(...keysOf(body.letters));
      if (body.cursor === null) break;
      cursor = `&cursor=${body.cursor}`;
    }
    const more = [...Array(7).keys()].map((n) => `more-${n}`);
    expect(seen).toEqual(['one', 'two', 'three', ...more]);
  });

  it('are listed without values, with offsets as text', async () => {
    await open();
    const { body, text } = await lab.as('viewer').get('/dead-letters?reason=contract-invalid');
    expect(body.letters[0]).toMatchObject({
      position: { topic: DEAD_LETTERS, partition: 0, offset: '0' },
      errorCode: 'CONTRACT_INVALID',
      groupId: 'orders',
      valueBytes: expect.any(Number),
    });
    expect(text).not.toContain('canary.example');
  });

  it('are counted by what failed alike', async () => {
    await open();
    const { body } = await lab.as('viewer').get('/dead-letters/groups');
    expect(body).toMatchObject({ total: 1, groups: [{ errorCode: 'CONTRACT_INVALID', count: 3 }] });
  });

  it.each([
    ['topic=nothing', 'topic'],
    ['reason=bad-mood', 'query.reason'],
    ['errorCode=oops', 'query.errorCode'],
    ['since=yesterday', 'query.since'],
    ['partition=1', 'partition'],
    ['topic=orders&partition=9', 'partition'],
    ['limit=101', 'query.limit'],
    ['limit=0', 'query.limit'],
    ['cursor=xyz', 'query.cursor'],
    ['colour=red', 'query.colour'],
    ['topic=a&topic=b', 'query.topic'],
  ])('refuse the filter %s, naming the field', async (query, path) => {
    await open();
    const { status, body } = await lab.as('viewer').get(`/dead-letters?${query}`);
    expect([status, body.issues[0].path]).toEqual([400, path]);
  });

  it('are shown with headers and masked value', async () => {
    await open();
    const { body, text } = await lab.as('viewer').get(`/dead-letters/${DEAD_LETTERS}/0/0`);
    expect(body.value).toMatchObject({ masked: ['email'], encoding: 'json' });
    expect(body.headers.length).toBeGreaterThan(5);
    expect(text).not.toContain('canary.example');
  });

  it('are shown as they are to an admin alone, who is written down first', async () => {
    await open();
    const path = `/dead-letters/${DEAD_LETTERS}/0/0/reveal`;
    expect((await lab.as('operator').post(path, { reason: 'r' })).status).toBe(403);
    const { body } = await lab.as('admin').post(path, { reason: 'complaint' });
    expect(body.value.text).toContain('one@canary.example');
    expect(lab.audit.entries).toMatchObject([
      { by: 'ada', reason: 'complaint', action: 'dead-letters.reveal' },
    ]);
    jest.spyOn(lab.audit, 'append').mockRejectedValue(new Error('away'));
    const unwritten = await lab.as('admin').post(path, { reason: 'r' });
    expect([unwritten.status, unwritten.text.includes('canary.example')]).toEqual([503, false]);
  });

  it('are cut at 64 kB, however large the value is', async () => {
    await open();
    lab.letter(
      'large',
      JSON.stringify({ id: 'x', email: 'e', amount: 1, x: 'y'.repeat(5_000_000) }),
    );
    const path = `/dead-letters/${DEAD_LETTERS}/0/3`;
    const { status, body, text } = await lab.as('admin').post(`${path}/reveal`, { reason: 'r' });
    expect([status, body.value.truncated]).toEqual([200, true]);
    expect(text.length).toBeLessThan(80_000);
    const masked = await lab.as('viewer').get(path);
    expect([masked.status, masked.body.value.withheld]).toEqual([200, 'too-large']);
  });

  it.each([
    ['another topic', 'orders/0/0', 404],
    ['another partition', `${DEAD_LETTERS}/7/0`, 404],
    ['an offset behind the end', `${DEAD_LETTERS}/0/999`, 404],
    ['a partition that is none', `${DEAD_LETTERS}/x/0`, 400],
    ['an offset that is none', `${DEAD_LETTERS}/0/-1`, 400],
    ['a name that is not encoded', `%E0%A4%A/0/0`, 404],
  ])('are not at %s', async (_what, place, status) => {
    await open();
    expect((await lab.as('viewer').get(`/dead-letters/${place}`)).status).toBe(status);
  });

  it('are put aside and taken back, all or none', async () => {
    await open();
    const at = (offset: string) => ({ topic: DEAD_LETTERS, partition: 0, offset });
    const park = (positions: unknown, parked = true) =>
      lab.as('operator').post('/dead-letters/park', { reason: 'known', positions, parked });
    expect((await park([at('0'), at('99')])).status).toBe(404);
    expect((await lab.as('viewer').get('/dead-letters')).body.letters).toHaveLength(3);
    expect((await park([at('0')])).body).toEqual({ parked: 1 });
    const left = await lab.as('viewer').get('/dead-letters');
    expect(keysOf(left.body.letters)).toEqual(['two', 'three']);
    expect((await park([at('0')], false)).body).toEqual({ unparked: 1 });
  });

  describe('when messages are off', () => {
    beforeEach(() => open({ env: { CONSOLE_MESSAGES: 'off' } }));

    it('have no key, no headers and no value', async () => {
      const list = await lab.as('admin').get('/dead-letters');
      const one = await lab.as('admin').get(`/dead-letters/${DEAD_LETTERS}/0/0`);
      expect(keysOf(list.body.letters)).toEqual([null, null, null]);
      expect(one.body).toMatchObject({ headers: null, value: null, withheld: 'messages-off' });
      expect(list.text + one.text).not.toContain('canary.example');
    });

    it('are neither revealed nor searched by key', async () => {
      const path = `/dead-letters/${DEAD_LETTERS}/0/0/reveal`;
      const revealed = await lab.as('admin').post(path, { reason: 'r' });
      const found = await lab.as('admin').get('/dead-letters?key=one');
      expect([revealed.status, found.status]).toEqual([403, 403]);
      expect([revealed.body.code, lab.audit.entries]).toEqual(['CONSOLE_MESSAGES_OFF', []]);
    });
  });

  it('are off by default in production, and on elsewhere', async () => {
    const messages = (NODE_ENV: string) => labSettings({ NODE_ENV }).get(consoleSettings).messages;
    expect([messages('production'), messages('development')]).toEqual(['off', 'on']);
    await open();
  });
});
