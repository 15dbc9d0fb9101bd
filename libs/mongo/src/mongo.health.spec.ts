import { Logger } from '@nestjs/common';
import { FakeClock } from 'millrace/testing';
import type { CertificateDetail } from 'millrace/tls';
import { MongoHealth, PING_INTERVAL_MS, PING_STALE_MS } from './mongo.health';
import { SinkUnavailableError } from './sink.errors';

interface FakeConnection {
  ping: () => Promise<void>;
  isClosed: boolean;
  address: string;
  certificate: CertificateDetail | null;
}

describe('the health of MongoDB', () => {
  let clock: FakeClock;
  let connection: FakeConnection;
  let health: MongoHealth;
  let lines: unknown[];

  beforeEach(() => {
    clock = new FakeClock();
    connection = {
      ping: jest.fn(() => Promise.resolve()),
      isClosed: false,
      address: 'mongo-0:27017',
      certificate: null,
    };
    health = new MongoHealth(connection, clock);
    lines = [];
    const collect = (line: unknown) => void lines.push((line as { event: string }).event);
    jest.spyOn(Logger.prototype, 'log').mockImplementation(collect);
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(collect);
  });

  afterEach(() => {
    health.stop();
    jest.restoreAllMocks();
  });

  it('shows until when its certificate is good, up or down [P26]', () => {
    expect(health.read()).not.toHaveProperty('certificate');
    connection.certificate = { notAfter: '2030-01-01T00:00:00.000Z', problem: 'TLS_KEY_MISMATCH' };
    const { certificate } = connection;
    expect(health.read()).toMatchObject({ status: 'down', certificate });
    health.start();
    expect(health.read()).toMatchObject({ status: 'up', certificate });
  });

  it('is down before the first connection', () => {
    expect(health.read()).toMatchObject({ status: 'down', reason: 'not connected yet' });
  });

  it('is up after it, and pings every 5 s', async () => {
    health.start();
    expect(health.read().status).toBe('up');
    await clock.advance(3 * PING_INTERVAL_MS);
    expect(connection.ping).toHaveBeenCalledTimes(3);
    expect(health.read()).toMatchObject({ status: 'up', lastPingAgeMs: 0 });
  });

  it('asks nobody when it is read', () => {
    health.start();
    for (let time = 0; time < 100; time += 1) health.read();
    expect(connection.ping).not.toHaveBeenCalled();
  });

  it('is down after a ping that failed, and logs that once; restored once [M-07]', async () => {
    health.start();
    const ping = connection.ping;
    connection.ping = () => Promise.reject(new SinkUnavailableError());
    await clock.advance(2 * PING_INTERVAL_MS);
    expect(health.read()).toMatchObject({
      status: 'down',
      reason: expect.stringContaining('SINK_UNAVAILABLE') as string,
    });
    connection.ping = ping;
    await clock.advance(2 * PING_INTERVAL_MS);
    expect(health.read().status).toBe('up');
    expect(lines).toEqual(['mongo.disconnected', 'mongo.restored']);
  });

  it('is down when a ping never comes back', async () => {
    health.start();
    connection.ping = () => new Promise(() => undefined);
    await clock.advance(PING_STALE_MS + 1);
    expect(health.read()).toMatchObject({ status: 'down', reason: 'no ping was answered lately' });
  });

  it('pings no more after the connection was closed, by whomever', async () => {
    health.start();
    connection.isClosed = true;
    await clock.advance(3 * PING_INTERVAL_MS);
    expect(connection.ping).not.toHaveBeenCalled();
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves no timer when it is stopped', () => {
    health.start();
    health.stop();
    expect(clock.pendingTimers).toBe(0);
  });
});
