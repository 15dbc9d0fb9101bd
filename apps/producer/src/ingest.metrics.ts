import { Injectable } from '@nestjs/common';
import type { MillraceError } from 'millrace/errors';
import { Metrics } from 'millrace/metrics';

/** How a request to the producer ended; closed set. `invalid` is the caller's error. */
export const INGEST_OUTCOMES = ['accepted', 'invalid', 'overloaded', 'failed'] as const;
export type IngestOutcome = (typeof INGEST_OUTCOMES)[number];

const OVERLOAD_CODES: ReadonlySet<string> = new Set([
  'PUBLISHER_OVERLOADED',
  'REQUESTS_TOO_MANY',
  'HTTP_OVERLOADED',
]);

/** Counts requests to the producer; each once. */
@Injectable()
export class IngestMetrics {
  private readonly requests;

  constructor(metrics: Metrics) {
    this.requests = metrics.counter({
      name: 'pipeline_ingest_requests_total',
      help: 'Requests to the producer; accepted = acknowledged by Kafka.',
      labelNames: ['pipeline', 'outcome'],
    });
    for (const outcome of INGEST_OUTCOMES) this.requests.inc({ pipeline: 'metals', outcome }, 0);
  }

  count(outcome: IngestOutcome): void {
    this.requests.inc({ pipeline: 'metals', outcome });
  }
}

/** Says whose fault a refused event is. */
export function ingestOutcomeOf(error: MillraceError): Exclude<IngestOutcome, 'accepted'> {
  if (OVERLOAD_CODES.has(error.code)) return 'overloaded';
  return error.failure === 'permanent' ? 'invalid' : 'failed';
}
