import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import type {
  OnApplicationBootstrap,
  OnApplicationShutdown,
  OnModuleDestroy,
} from '@nestjs/common';
import { ConsolePortUnavailableError } from './console.errors';
import type { ConsoleServer } from './console.server';

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 5_000;
const MAX_CONNECTIONS = 256;
const MAX_HEADER_BYTES = 16_384;

/**
 * Serves the console on a port of its own, or not at all.
 *
 * From the beginning of the shutdown nothing is changed any more; questions are answered until its end.
 */
export class ConsoleListener
  implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  private readonly logger = new Logger('Console');
  private server: Server | undefined;

  /** @param served - null = the console is off. */
  constructor(private readonly served: ConsoleServer | null) {}

  /** The port that is open; undefined while the console is off. */
  get port(): number | undefined {
    return (this.server?.address() as AddressInfo | null | undefined)?.port;
  }

  /** @throws {ConsolePortUnavailableError} CONSOLE_PORT_UNAVAILABLE when the port cannot be opened. */
  async onApplicationBootstrap(): Promise<void> {
    const { served } = this;
    if (served === null || this.server !== undefined) return;
    const { api, host, port } = served;
    const server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        maxHeaderSize: MAX_HEADER_BYTES,
      },
      (request, response) => void api.answer(request, response),
    );
    server.maxConnections = MAX_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => {
        const message = `cannot open ${host}:${port} for the console`;
        reject(new ConsolePortUnavailableError({ message, where: 'CONSOLE_PORT', cause }));
      });
      server.listen(port, host, resolve);
    });
    this.server = server;
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
    this.logger.log({ event: 'app.start' }, `console on ${url}${served.linkPath()}`);
  }

  onModuleDestroy(): void {
    this.served?.api.drain();
  }

  async onApplicationShutdown(): Promise<void> {
    this.served?.close();
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
}
