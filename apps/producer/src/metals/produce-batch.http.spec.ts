import { EVENT_HEADERS } from 'millrace/contracts';
import { KafkaUnavailableError } from 'millrace/kafka';
import request from 'supertest';
import { producerApp } from '../../../../test/apps/producer-app';
import type { ProducerApp } from '../../../../test/apps/producer-app';

const gold = { metal: 'gold', price: 2031.5 };
const silver = { metal: 'silver', price: 31.2 };

describe('POST /produce/batch', () => {
  let producer: ProducerApp;
  const post = (body: string | object, type = 'application/json') =>
    request(producer.url).post('/produce/batch').set('Content-Type', type).send(body);
  const statuses = (body: { results: ReadonlyArray<{ status: number }> }) =>
    body.results.map(({ status }) => status);

  beforeAll(async () => (producer = await producerApp()));
  beforeEach(() => {
    producer.driver.script = undefined;
    producer.driver.published.length = 0;
  });
  afterAll(() => producer.app.close());

  it('answers 200 and one result per item, in order, when all are acknowledged', async () => {
    const { status, body } = await post([gold, silver]);
    expect(status).toBe(200);
    expect(body.results).toEqual([
      expect.objectContaining({ index: 0, status: 200, topic: 'metals-prices', partition: 3 }),
      expect.objectContaining({ index: 1, status: 200, offset: expect.any(String) }),
    ]);
    expect(producer.driver.published).toHaveLength(2);
  });

  it('lets a bad item block no other: 207, and each item has its own status', async () => {
    const { status, body } = await post([gold, { ...gold, price: -1 }, 7, silver]);
    expect(status).toBe(207);
    expect(statuses(body)).toEqual([200, 400, 400, 200]);
    expect(body.results[1]).toMatchObject({
      code: 'CONTRACT_INVALID',
      issues: [{ path: 'price' }],
    });
    expect(producer.driver.published).toHaveLength(2);
  });

  it('reads one value per line; a malformed line is one bad item, blank lines are none', async () => {
    const lines = [JSON.stringify(gold), '{"metal":', '', '   ', JSON.stringify(silver), ''].join(
      '\r\n',
    );
    const { status, body } = await post(lines, 'application/x-ndjson');
    expect(status).toBe(207);
    expect(statuses(body)).toEqual([200, 400, 200]);
    expect(body.results[1]).toMatchObject({ code: 'CODEC_MALFORMED', index: 1 });
  });

  it('gives each item the key and its index as event id [ID6]', async () => {
    await post([gold, silver]).set('Idempotency-Key', 'run-1');
    const ids = producer.driver.published.map(({ headers }) =>
      new Map(headers).get(EVENT_HEADERS.id)?.toString(),
    );
    expect(ids).toEqual(['run-1:0', 'run-1:1']);
  });

  it('refuses a key that is too long only with its index', async () => {
    const { status } = await post([gold]).set('Idempotency-Key', 'x'.repeat(127));
    expect(status).toBe(400);
    expect(producer.driver.published).toEqual([]);
  });

  it('takes up to 1,000 items', async () => {
    const { status, body } = await post(Array.from({ length: 1_000 }, () => gold));
    expect(status).toBe(200);
    expect(body.results).toHaveLength(1_000);
  });

  it.each([
    ['1,001 items', Array.from({ length: 1_001 }, () => gold), 413, 'BATCH_TOO_LONG'],
    ['no item', [], 400, 'BATCH_SIZE_INVALID'],
    ['an object', gold, 400, 'BATCH_SIZE_INVALID'],
    ['malformed JSON', '[{"metal":"gold"', 400, 'CODEC_MALFORMED'],
    ['a key that stands twice', '[{"metal":"gold","metal":"gold"}]', 400, 'CODEC_MALFORMED'],
  ])('refuses %s as a whole', async (_, sent, refusal, code) => {
    const { status, body } = await post(sent);
    expect({ status, code: body.code }).toEqual({ status: refusal, code });
    expect(producer.driver.published).toEqual([]);
  });

  it('refuses 1,001 lines as a whole', async () => {
    const lines = `${JSON.stringify(gold)}\n`.repeat(1_001);
    const { status, body } = await post(lines, 'application/x-ndjson');
    expect({ status, code: body.code }).toEqual({ status: 413, code: 'BATCH_TOO_LONG' });
  });

  it('answers 503 with Retry-After and the ids to repeat when nothing was acknowledged', async () => {
    producer.driver.script = () => ({ status: 'failed', error: new KafkaUnavailableError() });
    const answer = await post([gold, silver]).set('Idempotency-Key', 'run-2');
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.body.results).toMatchObject([
      { status: 503, code: 'KAFKA_UNAVAILABLE', eventId: 'run-2:0' },
      { status: 503, eventId: 'run-2:1' },
    ]);
  });

  it('answers 207 with Retry-After when some were acknowledged and some were not', async () => {
    producer.driver.script = (record) =>
      record.key?.toString() === 'gold'
        ? { status: 'failed', error: new KafkaUnavailableError() }
        : undefined;
    const answer = await post([gold, silver]);
    expect(answer.status).toBe(207);
    expect(statuses(answer.body)).toEqual([503, 200]);
    expect(answer.headers['retry-after']).toBe('1');
  });

  it('answers 415 to another content type and 413 to a body that is too large', async () => {
    expect((await post('metal=gold', 'application/x-www-form-urlencoded')).status).toBe(415);
    const { status, body } = await post(`["${'x'.repeat(4_194_304)}"]`);
    expect({ status, code: body.code }).toEqual({ status: 413, code: 'BODY_TOO_LARGE' });
  });
});
