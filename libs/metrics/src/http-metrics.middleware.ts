import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { NestMiddleware } from '@nestjs/common';
import type { Counter, Histogram } from 'prom-client';
import { LATENCY_BUCKETS, Metrics } from './metrics';
import { METRICS_OPTIONS } from './metrics.module-definition';
import { METRICS_DEFAULTS } from './metrics.options';
import type { MetricsOptions } from './metrics.options';

const LABELS = ['method', 'route', 'status', 'service'] as const;
type Label = (typeof LABELS)[number];

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;

/** Label `route` of a request that no handler matched: its path is the caller's word, not ours. */
export const UNMATCHED_ROUTE = '(none)';

/** nginx's word for a caller who went away before the answer was complete. */
const CLIENT_CLOSED = 499;

/** What Express adds to a request: `route` once a handler matched. */
interface RoutedRequest extends IncomingMessage {
  readonly originalUrl?: string;
  readonly baseUrl?: string;
  readonly route?: { readonly path?: unknown };
}

/** Marks a request that is being measured, in case the middleware runs twice. */
const measured = Symbol('millrace/metrics measured');

/** Counts and times HTTP requests by the template of their route; never by their path. */
@Injectable()
export class HttpMetricsMiddleware implements NestMiddleware<RoutedRequest, ServerResponse> {
  private readonly requests: Counter<Label>;
  private readonly duration: Histogram<Label>;
  private readonly uncounted: ReadonlySet<string>;

  constructor(
    private readonly metrics: Metrics,
    @Inject(METRICS_OPTIONS) private readonly options: MetricsOptions,
  ) {
    this.uncounted = new Set(options.uncountedPaths ?? METRICS_DEFAULTS.uncountedPaths);
    this.requests = metrics.counter({
      name: 'http_requests_total',
      help: 'HTTP requests that were answered or given up by the caller.',
      labelNames: LABELS,
    });
    this.duration = metrics.histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the arrival of an HTTP request to the end of its answer.',
      labelNames: LABELS,
      buckets: LATENCY_BUCKETS,
    });
  }

  use(request: RoutedRequest, response: ServerResponse, next: () => void): void {
    const path = (request.originalUrl ?? request.url ?? '').split('?')[0] ?? '';
    if (this.uncounted.has(path) || measured in request) {
      next();
      return;
    }
    Object.defineProperty(request, measured, { value: true });
    const startedAtMs = performance.now();
    response.once('close', () => this.count(request, response, startedAtMs));
    next();
  }

  private count(request: RoutedRequest, response: ServerResponse, startedAtMs: number): void {
    const labels = {
      method: this.metrics.closedLabel('http_requests_total', METHODS, request.method ?? ''),
      route: routeOf(request),
      status: String(response.writableFinished ? response.statusCode : CLIENT_CLOSED),
      service: this.options.service,
    };
    this.requests.inc(labels);
    this.duration.observe(labels, (performance.now() - startedAtMs) / 1_000);
  }
}

function routeOf({ baseUrl = '', route }: RoutedRequest): string {
  return typeof route?.path === 'string' ? `${baseUrl}${route.path}` : UNMATCHED_ROUTE;
}
