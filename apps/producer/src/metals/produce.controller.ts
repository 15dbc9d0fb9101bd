import { Controller, Headers, HttpCode, Logger, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { PublishOutcome, PublishedEvent } from 'millrace/pipeline';
import { CallerGuard } from '../callers/caller.guard';
import { CallerThrottler } from '../callers/caller.throttler';
import { IngestMetrics, ingestOutcomeOf } from '../ingest.metrics';
import type { IngestOutcome } from '../ingest.metrics';
import { ingestProblemOf } from '../problem';
import type { IngestProblemBody } from '../problem';
import { EventRefusal } from '../problem.filter';
import type { BodyRequest } from '../request-body';
import { PriceIntake } from './price.intake';
import { DescribeProduce, DescribeProduceBatch } from './produce.openapi';
import { batchItems, singleItem } from './produce.request';

/** Where an accepted price is; `offset` is decimal text, because offsets have 64 bits. */
export interface AcceptedPrice {
  readonly eventId: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** What became of one item; `index` counts from 0. */
export type BatchItemAnswer = { readonly index: number; readonly status: number } & (
  AcceptedPrice | IngestProblemBody
);

interface BatchResponse {
  status(code: number): unknown;
  setHeader(name: string, value: string): unknown;
}

/** Takes prices in over HTTP; 200 means acknowledged by all in-sync replicas. */
@Controller()
@UseGuards(CallerGuard, CallerThrottler)
export class ProduceController {
  private readonly logger = new Logger('Produce');

  constructor(
    private readonly intake: PriceIntake,
    private readonly ingest: IngestMetrics,
  ) {}

  @Post('produce')
  @HttpCode(200)
  @DescribeProduce()
  async produce(
    @Req() request: BodyRequest,
    @Headers('idempotency-key') key: string | undefined,
  ): Promise<AcceptedPrice> {
    const item = singleItem(request, key);
    const [outcome] = await this.intake.take([item]);
    if (outcome === undefined) throw new Error('the intake did not answer');
    if ('error' in outcome) throw new EventRefusal(outcome.error, outcome.eventId);
    this.ingest.count('accepted');
    const { eventId, topic, partition, offset } = outcome;
    this.logger.debug(
      {
        event: 'record.produced',
        event_id: eventId,
        topic,
        kafka_partition: partition,
        offset: String(offset),
      },
      'price acknowledged',
    );
    return acceptedOf(outcome);
  }

  @Post('produce/batch')
  @DescribeProduceBatch()
  async produceBatch(
    @Req() request: BodyRequest,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) response: BatchResponse,
  ): Promise<{ readonly results: readonly BatchItemAnswer[] }> {
    const outcomes = await this.intake.take(batchItems(request, key));
    this.ingest.count(worstOf(outcomes));
    const results = outcomes.map(itemAnswer);
    const status = batchStatus(results);
    response.status(status);
    if (results.some((result) => result.status === 503)) response.setHeader('Retry-After', '1');
    return { results };
  }
}

function acceptedOf({ eventId, topic, partition, offset }: PublishedEvent): AcceptedPrice {
  return { eventId, topic, partition, offset: offset.toString() };
}

function itemAnswer(outcome: PublishOutcome, index: number): BatchItemAnswer {
  if (!('error' in outcome)) return { index, status: 200, ...acceptedOf(outcome) };
  const { status, body } = ingestProblemOf(outcome.error, outcome.eventId);
  return { index, status, ...body };
}

/** 200 = all accepted; 503 = none, and some may be later; 207 = look at each. */
function batchStatus(results: readonly BatchItemAnswer[]): 200 | 207 | 503 {
  const accepted = results.filter(({ status }) => status === 200).length;
  if (accepted === results.length) return 200;
  return accepted === 0 && results.some(({ status }) => status === 503) ? 503 : 207;
}

/** A batch is one request: our failure counts more than the caller's. */
function worstOf(outcomes: readonly PublishOutcome[]): IngestOutcome {
  const found = new Set(
    outcomes.map((outcome) => ('error' in outcome ? ingestOutcomeOf(outcome.error) : 'accepted')),
  );
  const order = ['failed', 'overloaded', 'invalid'] as const;
  return order.find((candidate) => found.has(candidate)) ?? 'accepted';
}
