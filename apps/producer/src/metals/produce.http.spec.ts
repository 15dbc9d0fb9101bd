import { EVENT_HEADERS } from 'millrace/contracts';
import { KafkaUnavailableError, PublisherOverloadedError } from 'millrace/kafka';
import type { OutgoingRecord } from 'millrace/pipeline';
import request from 'supertest';
import { producerApp } from '../../../../test/apps/producer-app';
import type { ProducerApp } from '../../../../test/apps/producer-app';

const UUIDV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const gold = { metal: 'gold', price: 2031.5 };

const headerOf = (record: OutgoingRecord | undefined, name: string) =>
  new Map(record?.headers).get(name)?.toString();
const valueOf = (record: OutgoingRecord | undefined): unknown =>
  JSON.parse(record?.value?.toString() ?? 'null');

describe('POST /produce [M-10]', () => {
  let producer: ProducerApp;
  const post = (body: string | object) =>
    request(producer.url).post('/produce').set('Content-Type', 'application/json').send(body);
  const metric = async (line: string) => {
    const { text } = await request(producer.url).get('/metrics');
    return Number(
      text
        .split('\n')
        .find((it) => it.startsWith(`${line} `))
        ?.split(' ')
        .at(-1),
    );
  };

  beforeAll(async () => (producer = await producerApp()));
  beforeEach(() => {
    producer.driver.script = undefined;
    producer.driver.published.length = 0;
  });
  afterAll(() => producer.app.close());

  it('answers after the acknowledgement, with the place of the record [M-01]', async () => {
    const { status, body } = await post(gold);
    expect(status).toBe(200);
    expect(body).toEqual({
      eventId: expect.stringMatching(UUIDV7),
      topic: 'metals-prices',
      partition: 3,
      // Beyond 2^53, where a number would lie.
      offset: '9007199254740994',
    });
  });

  it('fills in the time of now and US dollars, and puts the id into a header', async () => {
    const beforeMs = Date.now();
    const { body } = await post(gold);
    const [record] = producer.driver.published;
    const value = valueOf(record) as { observedAt: string };
    expect(value).toEqual({ ...gold, currency: 'USD', observedAt: expect.any(String) });
    expect(Date.parse(value.observedAt)).toBeGreaterThanOrEqual(beforeMs);
    expect(headerOf(record, EVENT_HEADERS.id)).toBe(body.eventId);
    expect(record?.key?.toString()).toBe('gold');
  });

  it('keeps the event time in observedAt alone: the record timestamp is the publish time', async () => {
    const beforeMs = Date.now();
    const { status } = await post({ ...gold, observedAt: '1833-01-01T00:00:00Z' });
    expect(status).toBe(200);
    expect(producer.driver.published[0]?.timestampMs).toBeGreaterThanOrEqual(beforeMs);
  });

  it('makes Idempotency-Key the event id [ID6]', async () => {
    const { body } = await post(gold).set('Idempotency-Key', 'order-17');
    expect(body.eventId).toBe('order-17');
  });

  it.each([
    ['two words', 'two words'],
    ['129 characters', 'x'.repeat(129)],
    ['a tab', 'a\tb'],
    ['letters beyond ASCII', 'ünï'],
  ])('refuses %s as Idempotency-Key', async (_, key) => {
    const { status, body } = await post(gold).set(
      'Idempotency-Key',
      Buffer.from(key).toString('latin1'),
    );
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'REQUEST_INVALID', issues: [{ path: 'Idempotency-Key' }] });
    expect(producer.driver.published).toEqual([]);
  });

  it.each([
    ['malformed JSON', '{"metal":"gold",', 'CODEC_MALFORMED'],
    ['no body', '', 'CODEC_MALFORMED'],
    ['NaN', '{"metal":"gold","price":NaN}', 'CODEC_MALFORMED'],
    ['Infinity', '{"metal":"gold","price":Infinity}', 'CODEC_MALFORMED'],
    ['a number beyond all', '{"metal":"gold","price":1e999}', 'CODEC_MALFORMED'],
    ['a price that is text', { ...gold, price: '2031.5' }, 'CONTRACT_INVALID'],
    ['a negative price', { ...gold, price: -1 }, 'CONTRACT_INVALID'],
    ['an unknown metal', { ...gold, metal: 'tin' }, 'CONTRACT_INVALID'],
    ['an unknown field', { ...gold, eventId: 'mine' }, 'CONTRACT_INVALID'],
    ['a list', [gold], 'CONTRACT_INVALID'],
    ['a key that stands twice', '{"metal":"gold","price":1,"price":2}', 'CODEC_MALFORMED'],
    ['__proto__', '{"metal":"gold","price":1,"__proto__":{"a":1}}', 'CODEC_MALFORMED'],
    ['an integer beyond 2^53', '{"metal":"gold","price":9007199254740993}', 'CODEC_MALFORMED'],
    ['an operator', { ...gold, metal: { $ne: null } }, 'CONTRACT_INVALID'],
    ['null', 'null', 'CONTRACT_INVALID'],
    ['no time', { ...gold, observedAt: null }, 'CONTRACT_INVALID'],
    ['deep nesting', `{"metal":${'['.repeat(40)}${']'.repeat(40)}}`, 'CODEC_MALFORMED'],
  ])('answers %s with 400 and its code', async (_, sent, code) => {
    const { status, body } = await post(sent);
    expect({ status, code: body.code }).toEqual({ status: 400, code });
    expect(body.docs).toBe(`docs/errors.md#${code.toLowerCase()}`);
    expect(producer.driver.published).toEqual([]);
  });

  it('names every bad field at once, and repeats no value', async () => {
    const { body } = await post({
      metal: 'sesame',
      price: -77,
      currency: 'x',
      observedAt: '3000-01-01T00:00:00Z',
      a: 1,
    });
    const { issues } = body as { issues: ReadonlyArray<{ path: string }> };
    expect(issues.map(({ path }) => path)).toEqual([
      'metal',
      'price',
      'currency',
      '',
      'observedAt',
    ]);
    expect(JSON.stringify(body)).not.toMatch(/sesame|-77|3000/);
  });

  it('refuses a time more than a day ahead, and only that', async () => {
    const ahead = (ms: number) => ({
      ...gold,
      observedAt: new Date(Date.now() + ms).toISOString(),
    });
    expect((await post(ahead(23 * 3_600_000))).status).toBe(200);
    const { status, body } = await post(ahead(25 * 3_600_000));
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: 'EVENT_TIME_IMPLAUSIBLE',
      issues: [{ path: 'observedAt' }],
    });
  });

  it('takes 128 characters as Idempotency-Key', async () => {
    expect((await post(gold).set('Idempotency-Key', 'x'.repeat(128))).status).toBe(200);
  });

  it('answers a body of 1 MB with 413', async () => {
    const { status, body } = await post(`{"metal":"${'x'.repeat(1_048_576)}"}`);
    expect({ status, code: body.code }).toEqual({ status: 413, code: 'BODY_TOO_LARGE' });
  });

  it.each(['text/plain', 'application/x-ndjson', 'application/json; charset=latin1'])(
    'answers the content type %s with 415',
    async (type) => {
      const { status, body } = await request(producer.url)
        .post('/produce')
        .set('Content-Type', type)
        .send(JSON.stringify(gold));
      expect({ status, code: body.code }).toEqual({
        status: 415,
        code: 'CONTENT_TYPE_UNSUPPORTED',
      });
    },
  );

  it.each([
    ['overloaded', 'failed', new PublisherOverloadedError(), 'PUBLISHER_OVERLOADED'],
    [
      'away',
      'failed',
      new KafkaUnavailableError({ message: 'no broker at 10.0.0.7' }),
      'KAFKA_UNAVAILABLE',
    ],
    ['silent', 'unknown', new KafkaUnavailableError(), 'PUBLISH_UNKNOWN'],
  ] as const)(
    'answers 503 with the event id to repeat when Kafka is %s [M-06]',
    async (_, status, error, code) => {
      producer.driver.script = () => ({ status, error });
      const answer = await post(gold).set('Idempotency-Key', 'again-1');
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('1');
      expect(answer.body).toMatchObject({ code, eventId: 'again-1' });
      expect(JSON.stringify(answer.body)).not.toContain('10.0.0.7');
    },
  );

  it('waits for Kafka less than the 4 s within which it promises an answer', async () => {
    await post(gold);
    expect(producer.driver.deadlines.at(-1)).toBe(3_500);
    await expect(producerApp({ HTTP_PUBLISH_DEADLINE_MS: '3900' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('counts what was acknowledged, by metal, and the last price [M-16] [M-17]', async () => {
    const sent = await metric('metals_messages_sent_total{metal="silver"}');
    await post({ metal: 'silver', price: 31 });
    producer.driver.script = () => ({ status: 'failed', error: new KafkaUnavailableError() });
    await post({ metal: 'silver', price: 99 });
    expect(await metric('metals_messages_sent_total{metal="silver"}')).toBe(sent + 1);
    expect(await metric('metals_current_price{metal="silver"}')).toBe(31);
    expect(await metric('metals_messages_sent_total{metal="palladium"}')).toBe(0);
  });

  it('counts each request once, by its outcome', async () => {
    const outcomes = ['accepted', 'invalid', 'overloaded', 'failed'];
    const read = () =>
      Promise.all(
        outcomes.map((outcome) =>
          metric(`pipeline_ingest_requests_total{pipeline="metals",outcome="${outcome}"}`),
        ),
      );
    const before = await read();
    await post(gold);
    await post('{');
    await post('x'.repeat(300_000));
    producer.driver.script = () => ({ status: 'failed', error: new PublisherOverloadedError() });
    await post(gold);
    producer.driver.script = () => ({ status: 'failed', error: new KafkaUnavailableError() });
    await post(gold);
    expect((await read()).map((value, index) => value - (before[index] ?? 0))).toEqual([
      1, 2, 1, 1,
    ]);
  });

  it('describes itself at /docs', async () => {
    const { body } = await request(producer.url).get('/docs-json');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining(['/produce', '/produce/batch', '/sources']),
    );
    expect((await request(producer.url).get('/docs')).status).toBe(200);
  });

  it('leaves the answers of other routes as Nest gives them', async () => {
    expect((await request(producer.url).get('/nowhere')).body).toMatchObject({ statusCode: 404 });
    expect((await request(producer.url).get('/livez')).status).toBe(200);
  });
});

describe('THROTTLE_PER_MINUTE', () => {
  it('is off by default, and answers 429 with Retry-After when it is on', async () => {
    const { app, url } = await producerApp({ THROTTLE_PER_MINUTE: '2' });
    const post = () => request(url).post('/produce').send(gold);
    expect([(await post()).status, (await post()).status]).toEqual([200, 200]);
    const refused = await post();
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({ code: 'REQUESTS_TOO_MANY' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(1);
    await app.close();
  });
});
