import { Catch, HttpException, HttpStatus } from '@nestjs/common';
import type { ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import { ThrottlerException } from '@nestjs/throttler';
import { MillraceError } from 'millrace/errors';
import { IngestMetrics, ingestOutcomeOf } from './ingest.metrics';
import { isIngest } from './ingest.routes';
import { ingestProblemOf } from './problem';
import {
  BodyTooLargeError,
  BodyUnreadableError,
  ContentTypeUnsupportedError,
  RequestsTooManyError,
} from './producer.errors';

/** Carries the id of an event to the answer that refuses it. */
export class EventRefusal extends Error {
  constructor(
    override readonly cause: MillraceError,
    readonly eventId: string,
  ) {
    super(cause.message, { cause });
    this.name = 'EventRefusal';
  }
}

/** The parts of request and response that are used; both of Nest's platforms have them. */
interface HttpRequest {
  readonly url: string;
}
interface HttpResponse {
  setHeader(name: string, value: string): unknown;
  status(code: number): { json(body: unknown): unknown };
}

/**
 * Answers refused requests with `{ code, message, issues?, eventId?, docs }`.
 *
 * Errors of Nest itself (an unknown route) keep the shape that Nest gives them; what nobody expected
 * is a 500 without details.
 */
@Catch()
export class ProblemFilter extends BaseExceptionFilter {
  constructor(
    adapterHost: HttpAdapterHost,
    private readonly ingest: IngestMetrics,
  ) {
    super(adapterHost.httpAdapter);
  }

  override catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<HttpRequest>();
    const refused = thrown instanceof EventRefusal ? thrown.cause : coded(thrown);
    if (isIngest(request)) this.ingest.count(refused ? ingestOutcomeOf(refused) : 'failed');
    if (refused === undefined) {
      super.catch(thrown, host);
      return;
    }
    const eventId = thrown instanceof EventRefusal ? thrown.eventId : undefined;
    const { status, body, retryAfterSeconds } = ingestProblemOf(refused, eventId);
    const response = host.switchToHttp().getResponse<HttpResponse>();
    // The throttler has set the exact wait already.
    if (retryAfterSeconds !== undefined && !(thrown instanceof ThrottlerException)) {
      response.setHeader('Retry-After', String(retryAfterSeconds));
    }
    if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    response.status(status).json(body);
  }
}

/** @returns undefined for what is no error of ours, of the throttler or of the body reader. */
function coded(thrown: unknown): MillraceError | undefined {
  if (thrown instanceof MillraceError) return thrown;
  if (thrown instanceof ThrottlerException) return new RequestsTooManyError();
  // The body reader throws before any route is chosen; its errors carry a status, as those of Nest do.
  if (!(thrown instanceof Error) || thrown instanceof HttpException) return undefined;
  if (!('status' in thrown)) return undefined;
  if (thrown.status === HttpStatus.PAYLOAD_TOO_LARGE) return new BodyTooLargeError();
  if (thrown.status === HttpStatus.UNSUPPORTED_MEDIA_TYPE) return new ContentTypeUnsupportedError();
  return thrown.status === HttpStatus.BAD_REQUEST ? new BodyUnreadableError() : undefined;
}
