import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { type Metrics } from './metrics';
import { MetricsPortUnavailableError } from './metrics.errors';
import { hasOwnPort, METRICS_DEFAULTS } from './metrics.options';
import type { MetricsOptions } from './metrics.options';

/**
 * Serves /metrics, and nothing else, on a port of its own when one is set.
 *
 * It answers until the very end of the shutdown, so the last scrape sees the drain.
 */
export class MetricsListener implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Metrics');
  private server: Server | undefined;

  constructor(
    private readonly metrics: Metrics,
    private readonly options: MetricsOptions,
  ) {}

  /** The port that is open; undefined without a port of its own. */
  get port(): number | undefined {
    return (this.server?.address() as AddressInfo | null | undefined)?.port;
  }

  /** @throws {MetricsPortUnavailableError} METRICS_PORT_UNAVAILABLE when the port cannot be opened. */
  async onApplicationBootstrap(): Promise<void> {
    if (!hasOwnPort(this.options) || this.server !== undefined) return;
    const { host = METRICS_DEFAULTS.host, port } = this.options;
    const server = createServer((request, response) => void this.answer(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) =>
        reject(
          new MetricsPortUnavailableError({
            message: `cannot open ${host}:${port} for /metrics`,
            where: 'METRICS_PORT',
            cause,
          }),
        ),
      );
      server.listen(port, host, resolve);
    });
    this.server = server;
    this.logger.log({ event: 'app.start' }, `metrics on http://${host}:${this.port}/metrics`);
  }

  async onApplicationShutdown(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    try {
      const text = await this.metrics.registry.metrics();
      response.writeHead(200, { 'Content-Type': this.metrics.registry.contentType }).end(text);
    } catch (error) {
      this.logger.error({ event: 'app.failed', error: String(error) }, 'metrics cannot be read');
      response.writeHead(500).end();
    }
  }
}
