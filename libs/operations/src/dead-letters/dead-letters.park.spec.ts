import { LetterScene } from '../fakes/letter.scene';

const ACTOR = { by: 'ops', reason: 'the source is mended' };

describe('parking dead letters', () => {
  let scene: LetterScene;

  beforeEach(() => {
    scene = new LetterScene().topic('prices', 2);
  });

  it('[RD10] takes them out of what is listed, and an unpark brings them back', async () => {
    const one = scene.letter({ key: '1', timestampMs: 1 });
    const two = scene.letter({ key: '2', timestampMs: 2, partition: 1 });
    scene.letter({ key: '3', timestampMs: 3 });
    await scene.letters.park([one, two], ACTOR);
    expect(await scene.keys()).toEqual(['3']);
    expect(await scene.keys({ parked: 'only' })).toEqual(['1', '2']);
    expect(await scene.keys({ parked: 'any' })).toEqual(['1', '2', '3']);
    expect((await scene.letters.show(one)).letter.parked).toBe(true);
    expect(await scene.letters.unpark([one, { ...one, offset: 1n }], ACTOR)).toBe(1);
    expect(await scene.keys()).toEqual(['1', '3']);
  });

  it('[RD10] changes nothing in the log', async () => {
    const one = scene.letter();
    const before = scene.broker.records('prices.dead-letter');
    await scene.letters.park([one], ACTOR);
    expect(scene.broker.records('prices.dead-letter')).toEqual(before);
  });

  it('[RD10] is audited with who and why, before it is done', async () => {
    const one = scene.letter();
    const order: string[] = [];
    const parked = {
      ...scene.parked,
      find: async () => [],
      park: async () => void order.push('parked'),
    };
    const audit = {
      append: async (entry: object) => void order.push(JSON.stringify(entry)),
      list: async () => [],
    };
    const { letters } = new LetterScene({
      driver: scene.driver,
      clock: scene.clock,
      parked: parked as never,
      audit,
    });
    await letters.park([one], { by: ' ops ', reason: ' mended ' });
    const [entry = '', ...rest] = order;
    expect(JSON.parse(entry)).toEqual({
      by: 'ops',
      reason: 'mended',
      at: new Date(scene.clock.now()).toISOString(),
      action: 'dead-letters.park',
      target: { letters: ['prices.dead-letter/0@0'] },
    });
    expect(rest).toEqual(['parked']);
  });

  it('parks all or none: one that is not there is refused with its place', async () => {
    const one = scene.letter();
    const absent = { ...one, offset: 5n };
    await expect(scene.letters.park([one, absent], ACTOR)).rejects.toMatchObject({
      code: 'DEADLETTER_NOT_FOUND',
      where: 'prices.dead-letter/0@5',
    });
    expect([scene.parked.changes, scene.audited]).toEqual([[], []]);
  });

  it.each([
    ['an empty reason', { by: 'ops', reason: '  ' }],
    ['nobody', { by: '', reason: 'x' }],
  ])('refuses %s', async (_name, actor) => {
    const one = scene.letter();
    const refusal = { code: 'CONTROL_REASON_MISSING' };
    await expect(scene.letters.park([one], actor)).rejects.toMatchObject(refusal);
    await expect(scene.letters.unpark([one], actor)).rejects.toMatchObject(refusal);
    expect(scene.audited).toEqual([]);
  });

  it.each([0, 1_001])('refuses %d letters at once', async (count) => {
    const positions = Array.from({ length: count }, () => ({
      topic: 't',
      partition: 0,
      offset: 0n,
    }));
    const refusal = { code: 'DEADLETTER_FILTER_INVALID', where: 'positions' };
    await expect(scene.letters.park(positions, ACTOR)).rejects.toMatchObject(refusal);
    await expect(scene.letters.unpark(positions, ACTOR)).rejects.toMatchObject(refusal);
  });

  it('a letter of a topic that was made anew is not the one that was parked', async () => {
    const one = scene.letter({ key: 'old', timestampMs: 1 });
    await scene.letters.park([one], ACTOR);
    scene.broker.deleteTopic('prices.dead-letter');
    scene.topic('prices', 2).letter({ key: 'new', timestampMs: 2 });
    expect(await scene.keys()).toEqual(['new']);
  });

  it('without a store nothing is parked, everything is listed, and parking is refused', async () => {
    const bare = new LetterScene({ driver: scene.driver, parked: undefined, audit: undefined });
    const one = scene.letter({ key: '1' });
    expect(await bare.keys()).toEqual(['1']);
    expect(await bare.keys({ parked: 'only' })).toEqual([]);
    await expect(bare.letters.park([one], ACTOR)).rejects.toMatchObject({
      code: 'CONTROL_STORE_MISSING',
    });
  });

  it('while the memory of it is away no letter is listed as if it were not parked', async () => {
    const away = { find: async () => Promise.reject(new Error('away')) };
    const { letters } = new LetterScene({ driver: scene.driver, parked: away as never });
    scene.letter();
    await expect(letters.scan().next()).rejects.toThrow('away');
  });
});
