import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Param, Post, ServiceUnavailableException } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { register, Registry } from 'prom-client';
import request from 'supertest';
import {
  lintMetrics,
  Metrics,
  MetricsListener,
  MetricsModule,
  MetricsPortUnavailableError,
} from 'millrace/metrics';
import type { MetricsOptions } from 'millrace/metrics';

@Controller()
class PricesController {
  @Get('prices/:metal')
  read(@Param('metal') metal: string): string {
    return metal;
  }

  @Post('produce')
  produce(): never {
    throw new ServiceUnavailableException();
  }

  @Get('readyz')
  ready(): never {
    throw new ServiceUnavailableException();
  }
}

let app: INestApplication;

async function start(
  options: Partial<MetricsOptions> = {},
  modules = [MetricsModule.forRoot({ service: 'producer', ...options })],
): Promise<INestApplication> {
  const module = await Test.createTestingModule({
    imports: modules,
    controllers: [PricesController],
  }).compile();
  app = module.createNestApplication({ logger: false });
  await app.init();
  return app;
}

const http = () => request(app.getHttpServer() as Parameters<typeof request>[0]);
const linesOf = async (name: string) =>
  (await http().get('/metrics')).text.split('\n').filter((line) => line.startsWith(`${name}{`));

afterEach(async () => {
  await app.close();
});

describe('GET /metrics', () => {
  it('answers in the text format of Prometheus with default metrics of its own registry', async () => {
    await start();
    const response = await http().get('/metrics').expect(200);
    expect(response.headers['content-type']).toMatch(/^text\/plain;.*version=0\.0\.4/);
    expect(response.text).toContain('process_cpu_seconds_total');
    expect(response.text).toContain('nodejs_eventloop_lag_seconds');
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  it('passes the rules of promtool, apart from the names of prom-client', async () => {
    await start();
    await http().get('/prices/gold');
    const { text } = await http().get('/metrics');
    expect(lintMetrics(text, { ignore: /^(nodejs|process)_/ })).toEqual([]);
  });

  it('leaves default metrics out when asked', async () => {
    await start({ defaultMetrics: false });
    expect((await http().get('/metrics')).text).not.toContain('process_cpu');
  });

  it('uses the registry of the user', async () => {
    const registry = new Registry();
    await start({ registry });
    expect(app.get(Metrics).registry).toBe(registry);
  });

  it('shows one registry although the module is imported twice', async () => {
    const options = { service: 'producer' };
    await start({}, [MetricsModule.forRoot(options), MetricsModule.forRoot(options)]);
    app.get(Metrics).counter({ name: 'x_total', help: 'x' }).inc();
    await http().get('/prices/gold');
    const { text } = await http().get('/metrics');
    expect(text).toContain('x_total 1');
    expect(text).toContain(
      'http_requests_total{method="GET",route="/prices/:metal",status="200",service="producer"} 1',
    );
  });

  it('takes its options from a factory', async () => {
    const options: MetricsOptions = { service: 'processor' };
    await start({}, [MetricsModule.forRootAsync({ useFactory: () => options })]);
    await http().get('/prices/gold');
    expect((await linesOf('http_requests_total'))[0]).toContain('service="processor"');
  });
});

describe('HTTP metrics', () => {
  beforeEach(() => start());

  it('count and time by the template of the route, never by its path', async () => {
    await http().get('/prices/gold?from=1');
    await http().get('/prices/silver');
    expect(await linesOf('http_requests_total')).toEqual([
      'http_requests_total{method="GET",route="/prices/:metal",status="200",service="producer"} 2',
    ]);
    expect(await linesOf('http_request_duration_seconds_count')).toEqual([
      'http_request_duration_seconds_count{method="GET",route="/prices/:metal",status="200",service="producer"} 2',
    ]);
  });

  it('put every unmatched path into one series [S15]', async () => {
    for (let path = 0; path < 20; path += 1) await http().get(`/scan/${path}`).expect(404);
    await http().get('/').expect(404);
    expect(await linesOf('http_requests_total')).toEqual([
      'http_requests_total{method="GET",route="(none)",status="404",service="producer"} 21',
    ]);
  });

  it('carry the status that an error answered with', async () => {
    await http().post('/produce').expect(503);
    expect(await linesOf('http_requests_total')).toEqual([
      'http_requests_total{method="POST",route="/produce",status="503",service="producer"} 1',
    ]);
  });

  it('leave probes and scrapes out: a waiting service is no error of a user', async () => {
    await http().get('/readyz').expect(503);
    await http().get('/metrics');
    expect(await linesOf('http_requests_total')).toEqual([]);
  });
});

describe('a port of its own', () => {
  const portOf = () => app.get(MetricsListener).port;

  it('serves /metrics and nothing else, and the main port does not', async () => {
    await start({ port: 0, httpPort: 8000, host: '127.0.0.1' });
    const own = request(`http://127.0.0.1:${portOf()}`);
    const response = await own.get('/metrics').expect(200);
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.text).toContain('process_cpu_seconds_total');
    await own.get('/prices/gold').expect(404);
    await own.post('/metrics').expect(404);
    await http().get('/metrics').expect(404);
  });

  it('is not opened when it is the port of the HTTP server', async () => {
    await start({ port: 8000, httpPort: 8000 });
    expect(portOf()).toBeUndefined();
    await http().get('/metrics').expect(200);
  });

  it('is closed with the app, scrapers with open connections included', async () => {
    await start({ port: 0, httpPort: 8000, host: '127.0.0.1' });
    const url = `http://127.0.0.1:${portOf()}/metrics`;
    await fetch(url).then((response) => response.text());
    await app.close();
    await expect(fetch(url)).rejects.toThrow();
    expect(portOf()).toBeUndefined();
  });

  it('stops the start with a code when it is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      const starting = start({ port, httpPort: 8000, host: '127.0.0.1' });
      await expect(starting).rejects.toThrow(MetricsPortUnavailableError);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });
});
