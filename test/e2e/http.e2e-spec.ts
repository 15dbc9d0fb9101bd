import { eventually } from 'millrace/testing';
import type { AppProcess } from './app-process';
import { get, post } from './http-calls';
import type { Answer } from './http-calls';
import { DEAD_LETTER_TOPIC, Scene, TOPIC } from './scene';

const GOOD = { metal: 'gold', price: 2_031.5, observedAt: '2024-01-31T00:00:00Z' };
const MEGABYTE = 1_024 * 1_024;

describe('prices over HTTP, through Kafka, into the database', () => {
  let scene: Scene;
  let producer: AppProcess;
  let processor: AppProcess;
  /** Everything that was accepted, so that nothing else may be in the database at the end. */
  const accepted: string[] = [];

  beforeAll(async () => {
    scene = await Scene.open('http');
    [producer, processor] = await Promise.all([
      scene.startReady('producer'),
      scene.startReady('processor'),
    ]);
  }, 120_000);

  afterAll(async () => scene.close(), 60_000);

  const produce = (body: unknown, headers?: Readonly<Record<string, string>>) =>
    post(`${producer.url}/produce`, body, headers);
  const produceBatch = (body: unknown, headers?: Readonly<Record<string, string>>) =>
    post(`${producer.url}/produce/batch`, body, headers);
  const stored = (eventId: string) =>
    eventually(() => scene.store.prices.findOne({ eventId }), { what: `${eventId} is stored` });

  function acceptedOf({ status, body }: Answer): string {
    expect(status).toBe(200);
    expect(body).toEqual({
      eventId: expect.stringMatching(/^[\x21-\x7e]{1,256}$/),
      topic: TOPIC,
      partition: expect.any(Number),
      offset: expect.stringMatching(/^\d+$/),
    });
    const eventId = String(body['eventId']);
    accepted.push(eventId);
    return eventId;
  }

  it('finds what POST /produce took in, in the database and at GET /prices/:metal', async () => {
    const eventId = acceptedOf(await produce(GOOD));
    expect(await stored(eventId)).toMatchObject({
      _id: eventId,
      metal: 'gold',
      price: 2_031.5,
      currency: 'USD',
      observedAt: new Date('2024-01-31T00:00:00.000Z'),
    });
    const { status, body } = await get(`${processor.url}/prices/gold?limit=10`);
    expect(status).toBe(200);
    expect(body['prices']).toContainEqual(
      expect.objectContaining({ eventId, price: 2_031.5, observedAt: '2024-01-31T00:00:00.000Z' }),
    );
  });

  it('shows the price of now at GET /prices/latest', async () => {
    const eventId = acceptedOf(await produce({ metal: 'palladium', price: 977.25 }));
    const isLatest = async () => {
      const { body } = await get(`${processor.url}/prices/latest`);
      return JSON.stringify(body).includes(eventId);
    };
    expect(await eventually(isLatest, { what: `${eventId} is the latest` })).toBe(true);
  });

  it('stores one document for an Idempotency-Key, however often it is sent', async () => {
    const key = `${scene.run}-key`;
    const headers = { 'idempotency-key': key };
    const answers = [await produce(GOOD, headers), await produce(GOOD, headers)];
    expect(answers.map(acceptedOf)).toEqual([key, key]);
    const after = acceptedOf(await produce(GOOD));
    await stored(after);
    expect(await scene.store.prices.countDocuments({ eventId: key })).toBe(1);
    // The control: both were records of the topic, so the database has seen the second one.
    expect(answers[0]?.body['offset']).not.toBe(answers[1]?.body['offset']);
  });

  it.each([
    ['a JSON array', 'application/json', (items: readonly string[]) => `[${items.join(',')}]`],
    ['NDJSON', 'application/x-ndjson', (items: readonly string[]) => items.join('\n')],
  ])('takes a batch as %s and refuses its bad item alone', async (name, type, join) => {
    const bad = { metal: 'gold', price: -1 };
    const items = [GOOD, bad, { ...GOOD, metal: 'silver' }].map((item) => JSON.stringify(item));
    const key = `${scene.run}-${name === 'NDJSON' ? 'lines' : 'array'}`;
    const { status, body } = await produceBatch(join(items), {
      'content-type': type,
      'idempotency-key': key,
    });
    expect(status).toBe(207);
    expect(body['results']).toMatchObject([
      { index: 0, status: 200, eventId: `${key}:0` },
      { index: 1, status: 400, code: 'CONTRACT_INVALID', issues: [{ path: 'price' }] },
      { index: 2, status: 200, eventId: `${key}:2` },
    ]);
    accepted.push(`${key}:0`, `${key}:2`);
    expect(await stored(`${key}:0`)).toMatchObject({ metal: 'gold' });
    expect(await stored(`${key}:2`)).toMatchObject({ metal: 'silver' });
  });

  it('takes a batch in which one line is no JSON', async () => {
    const key = `${scene.run}-broken`;
    const { status, body } = await produceBatch(`${JSON.stringify(GOOD)}\n{"metal":\n`, {
      'content-type': 'application/x-ndjson',
      'idempotency-key': key,
    });
    expect(status).toBe(207);
    expect(body['results']).toMatchObject([
      { index: 0, status: 200 },
      { index: 1, status: 400, code: 'CODEC_MALFORMED' },
    ]);
    accepted.push(`${key}:0`);
  });

  it.each([
    ['malformed JSON', '{"metal":"gold",', 'CODEC_MALFORMED', []],
    ['an empty body', '', 'CODEC_MALFORMED', []],
    ['the text NaN', '{"metal":"gold","price":NaN}', 'CODEC_MALFORMED', []],
    ['the text Infinity', '{"metal":"gold","price":Infinity}', 'CODEC_MALFORMED', []],
    ['a price beyond all numbers', '{"metal":"gold","price":1e999}', 'CODEC_MALFORMED', []],
    ['a price as text', { ...GOOD, price: '2031.5' }, 'CONTRACT_INVALID', ['price']],
    ['a metal as number', { ...GOOD, metal: 7 }, 'CONTRACT_INVALID', ['metal']],
    ['an array', [GOOD], 'CONTRACT_INVALID', ['']],
    ['an unknown field', { ...GOOD, purity: 0.999 }, 'CONTRACT_INVALID', ['']],
    ['a negative price', { ...GOOD, price: -31.25 }, 'CONTRACT_INVALID', ['price']],
    ['an unknown metal', { ...GOOD, metal: 'unobtainium' }, 'CONTRACT_INVALID', ['metal']],
    [
      'several bad fields',
      { metal: 'tin', price: 0, currency: 'usd', observedAt: 'yesterday' },
      'CONTRACT_INVALID',
      ['metal', 'price', 'currency', 'observedAt'],
    ],
  ])('answers %s with 400 and names every bad field', async (_, sent, code, paths) => {
    const { status, body, text } = await produce(sent);
    expect({ status, body }).toMatchObject({ status: 400, body: { code } });
    expect(body['message']).toEqual(expect.any(String));
    const issues = (body['issues'] ?? []) as ReadonlyArray<{ readonly path: string }>;
    expect(issues.map(({ path }) => path)).toEqual(paths);
    expect(text).not.toContain('unobtainium');
    expect(text).not.toContain('31.25');
  });

  it('answers a body of 1 MB with 413', async () => {
    const large = JSON.stringify({ ...GOOD, note: 'x'.repeat(MEGABYTE) });
    expect(await produce(large)).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE' } });
  });

  it.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded'])(
    'answers content type %s with 415',
    async (type) => {
      expect(await produce(JSON.stringify(GOOD), { 'content-type': type })).toMatchObject({
        status: 415,
        body: { code: 'CONTENT_TYPE_UNSUPPORTED' },
      });
    },
  );

  it('publishes nothing of what it refused', async () => {
    const last = acceptedOf(await produce(GOOD));
    await stored(last);
    const isComplete = async () => (await scene.store.compare(accepted)).missing.length === 0;
    await eventually(isComplete, { what: 'everything accepted is stored' });
    expect(await scene.store.compare(accepted)).toEqual({ missing: [], twice: [], unexpected: [] });
    expect(await scene.kafka.readSince(DEAD_LETTER_TOPIC, scene.deadLettersBefore)).toEqual([]);
  }, 20_000);

  it.each([
    ['unobtainium', '', 'metal'],
    ['gold', '?limit=0', 'limit'],
    ['gold', '?from=yesterday', 'from'],
  ])('answers GET /prices/%s%s with 400 and names %s', async (metal, query, path) => {
    const { status, body } = await get(`${processor.url}/prices/${metal}${query}`);
    expect({ status, body }).toMatchObject({ status: 400, body: { issues: [{ path }] } });
  });
});
