import { once } from 'node:events';
import { connect } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import request from 'supertest';
import { producerApp } from '../../../test/apps/producer-app';
import type { ProducerApp } from '../../../test/apps/producer-app';

const gold = JSON.stringify({ metal: 'gold', price: 2031.5 });
const MEGABYTE = 1_048_576;

describe('the bodies of requests [S17]', () => {
  let plain: ProducerApp;
  let unpacking: ProducerApp;

  beforeAll(async () => {
    plain = await producerApp({ HTTP_MAX_REQUESTS_IN_FLIGHT: '2' });
    unpacking = await producerApp({ HTTP_GZIP: 'true' });
  });
  afterAll(() => Promise.all([plain.app.close(), unpacking.app.close()]));

  const send = async (
    { url }: ProducerApp,
    bytes: Buffer,
    encoding: string,
    route = '/produce',
  ) => {
    const call = request(url).post(route).set('Content-Type', 'application/json');
    const { status, body } = await call
      .set('Content-Encoding', encoding)
      .serialize((it: unknown) => it as string)
      .send(bytes);
    return [status, (body as { code?: string }).code];
  };

  it.each([
    ['gzip', gzipSync(gold)],
    ['deflate', deflateSync(gold)],
    ['br', brotliCompressSync(gold)],
  ])('are not unpacked by default: %s gets 415', async (encoding, bytes) => {
    expect(await send(plain, bytes, encoding)).toEqual([415, 'CONTENT_ENCODING_UNSUPPORTED']);
    expect(await send(plain, Buffer.from(gold), 'identity')).toEqual([200, undefined]);
  });

  it('are unpacked with HTTP_GZIP, and only gzip', async () => {
    expect(await send(unpacking, gzipSync(gold), 'GZIP')).toEqual([200, undefined]);
    const others = [
      await send(unpacking, deflateSync(gold), 'deflate'),
      await send(unpacking, brotliCompressSync(gold), 'br'),
      await send(unpacking, gzipSync(gzipSync(gold)), 'gzip, gzip'),
    ];
    expect(others).toEqual(Array(3).fill([415, 'CONTENT_ENCODING_UNSUPPORTED']));
  });

  it('have the same limit when they are unpacked: a small bomb gets 413', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MEGABYTE, ' '));
    expect(bomb.length).toBeLessThan(100_000);
    expect(await send(unpacking, bomb, 'gzip')).toEqual([413, 'BODY_TOO_LARGE']);
    expect(await send(unpacking, bomb, 'gzip', '/produce/batch')).toEqual([413, 'BODY_TOO_LARGE']);
  });

  it('that are not gzip in spite of their header get 400', async () => {
    expect(await send(unpacking, Buffer.from(gold), 'gzip')).toEqual([400, 'BODY_UNREADABLE']);
  });

  it('may be longer on /produce/batch alone', async () => {
    const bytes = Buffer.from(`[${gold}${' '.repeat(MEGABYTE)}]`);
    expect(await send(plain, bytes, 'identity', '/produce/batch')).toEqual([200, undefined]);
    expect(await send(plain, bytes, 'identity', '/Produce/Batch/')).toEqual([200, undefined]);
    expect(await send(plain, bytes, 'identity')).toEqual([413, 'BODY_TOO_LARGE']);
  });

  /** Sends the begin of a request and no more. @returns the first line of the answer. */
  const begin = async (text: string) => {
    const socket = connect(Number(new URL(plain.url).port), '127.0.0.1');
    socket.write(text);
    return {
      socket,
      answer: once(socket, 'data').then(([bytes]) => String(bytes).split('\r\n')[0]),
    };
  };
  const headers = (length: number) =>
    `POST /produce HTTP/1.1\r\nHost: lab\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

  it('that say how long they are get 413 before they are sent', async () => {
    const { socket, answer } = await begin(headers(100 * MEGABYTE));
    expect(await answer).toBe('HTTP/1.1 413 Payload Too Large');
    socket.destroy();
  });

  it('that are still on their way count as requests in flight: the next one gets 503', async () => {
    const slow = [await begin(headers(5)), await begin(headers(5))];
    const post = () =>
      request(plain.url).post('/produce').set('Content-Type', 'application/json').send(gold);
    let refused = await post();
    while (refused.status === 200) refused = await post();
    expect([refused.status, refused.body.code]).toEqual([503, 'HTTP_OVERLOADED']);
    expect(refused.headers['retry-after']).toBe('1');
    expect((await request(plain.url).get('/livez')).status).toBe(200);
    for (const { socket } of slow) socket.destroy();
    while (refused.status !== 200) refused = await post();
  });
});
