import type { Metrics } from 'millrace/metrics';
import type { TlsStatus } from './live.tls';

const IDENTITY = ['identity'] as const;

/** Gauges of the certificates of this process: what ends when, and whether files wait to be used. */
export class TlsMetrics {
  private readonly notAfter;
  private readonly fileModified;
  private readonly loaded;
  private readonly refused;

  constructor(metrics: Metrics) {
    this.notAfter = metrics.gauge({
      name: 'pipeline_tls_certificate_not_after_timestamp_seconds',
      help: 'End of life of the certificate in use.',
      labelNames: IDENTITY,
    });
    this.fileModified = metrics.gauge({
      name: 'pipeline_tls_file_modified_timestamp_seconds',
      help: 'Time of the newest file; newer than what is loaded for long: the file is broken.',
      labelNames: IDENTITY,
    });
    this.loaded = metrics.gauge({
      name: 'pipeline_tls_loaded_timestamp_seconds',
      help: 'When the material in use was loaded.',
      labelNames: IDENTITY,
    });
    this.refused = metrics.gauge({
      name: 'pipeline_tls_files_refused',
      help: '1 while the files cannot be used and the material before them stays; else 0.',
      labelNames: IDENTITY,
    });
  }

  observe({ identity, notAfterMs, fileModifiedMs, loadedMs, problem }: TlsStatus): void {
    if (notAfterMs !== null) this.notAfter.set({ identity }, notAfterMs / 1_000);
    this.fileModified.set({ identity }, fileModifiedMs / 1_000);
    this.loaded.set({ identity }, loadedMs / 1_000);
    this.refused.set({ identity }, problem === null ? 0 : 1);
  }
}
