import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Server } from 'node:http';
import { Controller, Get, Ip, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import { loadSettings } from 'millrace/config';
import { httpSettings } from './http.settings';
import { LimitedHttpAdapter } from './limited-http.adapter';

@Controller()
class Lab {
  @Get()
  address(@Ip() address: string): string {
    return address;
  }
}

@Module({ controllers: [Lab] })
class LabModule {}

describe('LimitedHttpAdapter [S17]', () => {
  let app: INestApplication | undefined;
  const sockets: Socket[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await app?.close();
  });

  const serve = async (env: Readonly<Record<string, string>> = {}) => {
    const limits = loadSettings({ slices: [httpSettings], env }).get(httpSettings);
    app = await NestFactory.create(LabModule, new LimitedHttpAdapter(limits), { logger: false });
    await app.listen(0, '127.0.0.1');
    return app.getHttpServer() as Server;
  };
  const dial = async (server: Server) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  const answerTo = async (socket: Socket, request: string) => {
    let text = '';
    socket.on('data', (bytes: Buffer) => (text += bytes.toString()));
    if (request !== '') socket.write(request);
    await once(socket, 'close');
    return text;
  };
  const get = (headers = '') =>
    `GET / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n${headers}\r\n`;

  it('sets every limit of the settings', async () => {
    expect(await serve()).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      keepAliveTimeout: 65_000,
      maxConnections: 10_000,
    });
  });

  const IMPATIENT = { HTTP_HEADERS_TIMEOUT_MS: '50', HTTP_REQUEST_TIMEOUT_MS: '100' };

  it.each([
    ['says nothing', ''],
    ['never ends its headers', 'GET / HTTP/1.1\r\nHost: lab\r\nX-'],
    ['never ends its body', 'POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 5\r\n\r\nab'],
  ])('answers 408 and closes the connection of a client that %s', async (_, request) => {
    const server = await serve(IMPATIENT);
    // A body that nobody waits for is answered before: here somebody does.
    server.removeAllListeners('request');
    expect(await answerTo(await dial(server), request)).toMatch(/^HTTP\/1.1 408 /);
  });

  it('closes a connection above the limit, and serves those below it', async () => {
    const server = await serve({ HTTP_MAX_CONNECTIONS: '2' });
    const [first] = [await dial(server), await dial(server)];
    expect(await answerTo(await dial(server), get())).toBe('');
    expect(await answerTo(first, get())).toMatch(/^HTTP\/1.1 200 /);
    expect(await answerTo(await dial(server), get())).toMatch(/^HTTP\/1.1 200 /);
  });

  it('answers headers that are too long with 431', async () => {
    const server = await serve({ HTTP_MAX_HEADER_BYTES: '1024' });
    const flood = `X-Flood: ${'x'.repeat(1_500)}\r\n`;
    expect(await answerTo(await dial(server), get(flood))).toMatch(/^HTTP\/1.1 431 /);
  });

  it.each([
    [undefined, '127.0.0.1'],
    ['10.0.0.0/8', '127.0.0.1'],
    ['127.0.0.0/8', '203.0.113.7'],
  ])('with HTTP_TRUSTED_PROXIES=%s takes %s for the client', async (networks, client) => {
    const server = await serve(networks === undefined ? {} : { HTTP_TRUSTED_PROXIES: networks });
    const answer = await answerTo(await dial(server), get('X-Forwarded-For: 203.0.113.7\r\n'));
    expect(answer.split('\r\n\r\n')[1]).toBe(client);
  });

  it('believes the proxy that is trusted, and not what its client said before it', async () => {
    const server = await serve({ HTTP_TRUSTED_PROXIES: '127.0.0.1' });
    const said = get('X-Forwarded-For: 127.0.0.1, 203.0.113.7\r\n');
    expect((await answerTo(await dial(server), said)).split('\r\n\r\n')[1]).toBe('203.0.113.7');
  });
});
