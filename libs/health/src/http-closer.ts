import type { Server } from 'node:http';
import { Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationShutdown } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { LifecycleClock } from './health.options';
import type { Lifecycle } from './lifecycle';

/** What {@link HttpCloser} needs. */
export interface HttpCloserOptions {
  /** Longest wait for open requests, counted from the end of the drain; unit ms. */
  readonly httpCloseBudgetMs: number;
  readonly clock: LifecycleClock;
}

/**
 * Bounds the close of the HTTP server: Nest waits for every open request, for ever if one hangs.
 */
export class HttpCloser implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('Lifecycle');
  private cancel: (() => void) | undefined;

  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly adapterHost: HttpAdapterHost,
    private readonly options: HttpCloserOptions,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.lifecycle.beforeApplicationShutdown();
    const { clock, httpCloseBudgetMs } = this.options;
    this.cancel = clock.setTimer(() => this.cut(), httpCloseBudgetMs);
  }

  onApplicationShutdown(): void {
    this.cancel?.();
  }

  private cut(): void {
    const server = this.adapterHost.httpAdapter?.getHttpServer() as Partial<Server> | undefined;
    if (server?.closeAllConnections === undefined) return;
    this.logger.warn(
      { event: 'app.close' },
      `HTTP requests were cut after ${this.options.httpCloseBudgetMs} ms`,
    );
    server.closeAllConnections();
  }
}
