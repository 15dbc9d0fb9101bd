import { createServer } from 'node:http';
import type { ServerOptions } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { ServerOptions as SecureServerOptions } from 'node:https';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { HttpSettings } from './http.settings';

/** How often Node.js looks for requests that take too long; its default of 30 s would outlast every limit. */
const LOOK_EVERY_MS = 1_000;

/**
 * Makes the HTTP server of a Nest app, with limits that hold against strangers.
 *
 * Promises: who sends headers or a body too slowly gets 408 and is closed, at most a second late; more
 * connections than allowed are closed at once; whole headers have a bound; `X-Forwarded-*` counts only
 * from the configured networks.
 *
 * @see https://nodejs.org/docs/latest-v20.x/api/http.html#serverrequesttimeout
 */
export class LimitedHttpAdapter extends ExpressAdapter {
  /** @param https - how HTTPS is served; null = HTTP. The certificate may come later, before it listens. */
  constructor(
    private readonly limits: HttpSettings,
    private readonly https: SecureServerOptions | null = null,
  ) {
    super();
    // Express's own default believes nobody.
    if (limits.trustedProxies !== undefined) this.set('trust proxy', [...limits.trustedProxies]);
  }

  override initHttpServer(): void {
    const { headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs, maxHeaderBytes } = this.limits;
    const options: ServerOptions = {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      maxHeaderSize: maxHeaderBytes,
      connectionsCheckingInterval: LOOK_EVERY_MS,
    };
    const listener = this.getInstance<Parameters<typeof createServer>[1]>();
    const server =
      this.https === null
        ? createServer(options, listener)
        : createSecureServer({ ...options, ...this.https }, listener);
    server.maxConnections = this.limits.maxConnections;
    this.setHttpServer(server);
  }
}
