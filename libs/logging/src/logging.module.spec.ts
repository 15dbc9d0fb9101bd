import { Controller, Get, HttpException, Injectable, Logger as NestLogger } from '@nestjs/common';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { createLogger, Logger, LoggingModule, recordContext } from 'millrace/logging';
import type { LoggingOptions } from 'millrace/logging';

@Injectable()
@Controller()
class PricesController {
  private readonly logger = new NestLogger('Prices');

  @Get('prices')
  read(): string {
    this.logger.log({ event: 'record.produced', topic: 'metals-prices' }, 'produced one');
    return 'ok';
  }

  @Get('busy')
  busy(): never {
    throw new HttpException('busy', 503);
  }

  @Get('broken')
  broken(): never {
    throw new Error('mongodb://app:canary@db is gone');
  }

  @Get('health')
  health(): string {
    return 'ok';
  }
}

type Line = Record<string, unknown>;

const apps: INestApplication[] = [];

async function start(
  options: Partial<LoggingOptions> = {},
  importsOf: (all: LoggingOptions) => DynamicModule[] = (all) => [LoggingModule.forRoot(all)],
) {
  const written: string[] = [];
  const all: LoggingOptions = {
    service: 'producer',
    version: '1.2.3',
    destination: { write: (line: string) => void written.push(line) },
    ...options,
  };
  const module = await Test.createTestingModule({
    imports: importsOf(all),
    controllers: [PricesController],
  }).compile();
  const app = module.createNestApplication({ bufferLogs: true });
  apps.push(app);
  app.useLogger(app.get(Logger));
  await app.init();
  const http = () => request(app.getHttpServer() as Parameters<typeof request>[0]);
  const lines = () => written.map((line) => JSON.parse(line) as Line);
  const requests = () => lines().filter(({ event }) => event === 'http.request');
  return { app, http, lines, requests, written };
}

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

describe('LoggingModule', () => {
  it('writes lines of Nest loggers as JSON with the fields of the contract', async () => {
    const { http, lines } = await start();
    await http().get('/prices').expect(200);
    const line = lines().find(({ event }) => event === 'record.produced');
    expect(line).toMatchObject({
      level: 'info',
      service: 'producer',
      version: '1.2.3',
      msg: 'produced one',
      context: 'Prices',
      topic: 'metals-prices',
    });
    expect(line?.['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(line?.['correlation_id']).toEqual(expect.any(String));
  });

  it('gives every line an event, those of Nest itself included', async () => {
    const { lines } = await start();
    expect(lines().length).toBeGreaterThan(0);
    expect(lines().every(({ event }) => typeof event === 'string')).toBe(true);
  });

  it('carries the fields of the record at work', async () => {
    const { lines } = await start();
    recordContext.run({ topic: 't', offset: '9' }, () => new NestLogger('Lane').warn('slow'));
    expect(lines().at(-1)).toMatchObject({ topic: 't', offset: '9', level: 'warn', msg: 'slow' });
  });

  it('logs good requests at debug only, so a steady state is quiet', async () => {
    const quiet = await start();
    await quiet.http().get('/prices').expect(200);
    expect(quiet.requests()).toEqual([]);
    const debug = await start({ level: 'debug' });
    await debug.http().get('/prices?password=canary').set('Authorization', 'canary').expect(200);
    expect(debug.requests()).toEqual([
      expect.objectContaining({
        level: 'debug',
        msg: 'GET /prices 200',
        req: { method: 'GET', path: '/prices' },
        res: { status: 200 },
        processing_time_ms: expect.any(Number) as number,
      }),
    ]);
    expect(debug.written.join('')).not.toContain('canary');
  });

  it('logs refusals at info, an overloaded service at warn and failures at error', async () => {
    const { http, requests, written } = await start();
    await http().get('/nothing').expect(404);
    await http().get('/busy').expect(503);
    await http().get('/broken').expect(500);
    expect(requests().map(({ level, res }) => [level, res])).toEqual([
      ['info', { status: 404 }],
      ['warn', { status: 503 }],
      ['error', { status: 500 }],
    ]);
    expect(written.join('')).not.toContain('canary');
  });

  it('does not log probes and scrapes', async () => {
    const { http, requests } = await start({ level: 'trace' });
    await http().get('/health').expect(200);
    expect(requests()).toEqual([]);
  });

  it('takes the correlation id of the caller when it is harmless', async () => {
    const { http, requests } = await start();
    await http().get('/nothing').set('X-Correlation-Id', 'order-77');
    await http().get('/nothing').set('X-Correlation-Id', 'a b{"x":1}');
    const [first, second] = requests().map(({ correlation_id }) => correlation_id);
    expect(first).toBe('order-77');
    expect(second).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('writes a request once although the module is imported twice', async () => {
    const { http, requests } = await start({}, (all) => [
      LoggingModule.forRoot(all),
      LoggingModule.forRoot(all),
    ]);
    await http().get('/nothing').expect(404);
    expect(requests()).toHaveLength(1);
  });

  it('keeps two apps of one process apart', async () => {
    const first = await start({ service: 'first' });
    const second = await start({ service: 'second' });
    await first.http().get('/nothing');
    await second.http().get('/nothing');
    first.app.get(Logger).log('outside of requests');
    second.app.get(Logger).log('outside of requests');
    const services = (lines: Line[]) => [...new Set(lines.map(({ service }) => service))];
    expect([services(first.lines()), services(second.lines())]).toEqual([['first'], ['second']]);
    expect(first.lines().at(-1)?.['msg']).toBe('outside of requests');
  });

  it('takes its options from a factory', async () => {
    const { lines, app } = await start({}, (all) => [
      LoggingModule.forRootAsync({ useFactory: () => ({ ...all, service: 'made' }) }),
    ]);
    app.get(Logger).log('x');
    expect(lines().at(-1)).toMatchObject({ service: 'made' });
  });
});

describe('pretty lines', () => {
  const write = (options: Partial<LoggingOptions>) => {
    const written: string[] = [];
    const logger = createLogger({
      service: 's',
      version: 'v',
      destination: { write: (line: string) => void written.push(line) },
      ...options,
    });
    logger.info({ uri: 'mongodb://app:canary@db' }, 'hello');
    return written.join('');
  };

  it('are for people, redacted as well', () => {
    const line = write({ pretty: true });
    expect(() => JSON.parse(line) as unknown).toThrow();
    expect(line).toContain('hello');
    expect(line).not.toContain('canary');
  });

  it('are only written when asked for', () => {
    expect(JSON.parse(write({}))).toMatchObject({ msg: 'hello' });
  });
});
