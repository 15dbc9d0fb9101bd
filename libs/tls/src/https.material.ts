import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { Metrics } from 'millrace/metrics';
import type { Clock } from 'millrace/retry';
import type { ServerOptions } from 'node:https';
import type { HttpsSettings } from './https.settings';
import { LiveTls } from './live.tls';
import { TLS_MIN_VERSION } from './tls.material';
import type { TlsServer } from './tls.material';
import { TlsMetrics } from './tls.metrics';
import { tlsFilesOf } from './tls.settings';

/** What an HTTPS server is made with; its certificate comes with {@link HttpsMaterial}. */
export function httpsOptionsOf(settings: HttpsSettings): ServerOptions | null {
  if (!settings.tls) return null;
  return {
    minVersion: TLS_MIN_VERSION,
    requestCert: settings.tlsClientRequired,
    rejectUnauthorized: settings.tlsClientRequired,
  };
}

/**
 * Gives an HTTPS server its certificate and the CAs of its clients, and exchanges them while it runs.
 *
 * A provider: it loads the files before the server listens, and looks after them until the end. Does
 * nothing when HTTPS is off.
 */
export class HttpsMaterial implements OnModuleInit, OnApplicationShutdown {
  private readonly live: LiveTls | null;
  private readonly server: () => TlsServer;

  constructor(options: {
    readonly settings: HttpsSettings;
    /** Asked for at the start of the module: Nest makes the server after its providers. */
    readonly server: () => TlsServer;
    readonly clock: Clock;
    readonly metrics: Metrics;
  }) {
    const { settings, clock, metrics } = options;
    this.server = options.server;
    if (!settings.tls) {
      this.live = null;
      return;
    }
    const gauges = new TlsMetrics(metrics);
    this.live = new LiveTls({
      identity: 'http',
      files: tlsFilesOf(settings),
      clock,
      onStatus: (status) => gauges.observe(status),
      onExchange: () => this.apply(),
    });
  }

  /** @throws {MillraceError} of `TLS_ERRORS` when the files cannot be used. */
  async onModuleInit(): Promise<void> {
    await this.live?.start();
    this.apply();
  }

  /** Looks at the files now. @returns whether other material is in use afterwards. Never rejects. */
  async refresh(): Promise<boolean> {
    return (await this.live?.refresh()) ?? false;
  }

  onApplicationShutdown(): void {
    this.live?.stop();
  }

  private apply(): void {
    this.live?.applyTo(this.server());
  }
}
