import type { Metrics } from 'millrace/metrics';

const METHODS = ['GET', 'POST'] as const;
const REQUESTS = 'pipeline_console_requests_total';

/** Counts what the console is asked. */
export class ConsoleMetrics {
  private readonly requests;
  private readonly openStreams;

  constructor(private readonly metrics: Metrics) {
    this.requests = metrics.counter({
      name: 'pipeline_console_requests_total',
      help: 'Requests to the console, by route and status.',
      labelNames: ['method', 'route', 'status'],
    });
    this.openStreams = metrics.gauge({
      name: 'pipeline_console_streams',
      help: 'Event streams of the console that are open.',
    });
  }

  /** @returns what to call when the route is known, and when the answer was written. */
  begin(method: string): {
    readonly routed: (path: string) => void;
    readonly end: (status: number) => void;
  } {
    let route = '(none)';
    return {
      routed: (path) => void (route = path),
      end: (status) =>
        this.requests.inc({
          method: this.metrics.closedLabel(REQUESTS, METHODS, method),
          route,
          status: String(status),
        }),
    };
  }

  streams(count: number): void {
    this.openStreams.set(count);
  }
}
