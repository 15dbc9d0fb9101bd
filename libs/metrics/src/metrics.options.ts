import type { Registry } from 'prom-client';

/** What {@link MetricsModule} needs. */
export interface MetricsOptions {
  /** Label `service` of the HTTP metrics; example `processor`. */
  readonly service: string;
  /** Port of the HTTP server, to compare with `port`. Default: unknown, never equal. */
  readonly httpPort?: number;
  /** Port of /metrics alone. Default: not set = the port of the HTTP server. */
  readonly port?: number;
  /** Address of the own port. Default 0.0.0.0. */
  readonly host?: string;
  /** Also collects prom-client's `process_*` and `nodejs_*`. Default true. */
  readonly defaultMetrics?: boolean;
  /** Paths whose requests are not counted. Default: the probes and /metrics. */
  readonly uncountedPaths?: readonly string[];
  /** A registry of yours. Default: one of our own; prom-client's global one is never touched. */
  readonly registry?: Registry;
}

/** Paths that machines ask every few seconds: counted, a 503 of a probe would be an error of users. */
const UNCOUNTED_PATHS: readonly string[] = Object.freeze([
  '/livez',
  '/readyz',
  '/startupz',
  '/metrics',
]);

/** Defaults of {@link MetricsOptions}. */
export const METRICS_DEFAULTS = Object.freeze({
  host: '0.0.0.0',
  defaultMetrics: true,
  uncountedPaths: UNCOUNTED_PATHS,
});

/** True when /metrics has a port of its own. */
export function hasOwnPort({ port, httpPort }: Pick<MetricsOptions, 'port' | 'httpPort'>): boolean {
  return port !== undefined && port !== httpPort;
}
