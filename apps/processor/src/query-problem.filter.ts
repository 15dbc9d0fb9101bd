import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { MillraceError, problemOf } from 'millrace/errors';

interface HttpResponse {
  setHeader(name: string, value: string): unknown;
  status(code: number): { json(body: unknown): unknown };
}

/**
 * Answers refused queries with `{ code, message, issues?, docs }`: 400 when the query is wrong, 503 when
 * the database is away. Bind it to controllers of queries; handlers of records have their policy.
 */
@Catch(MillraceError)
export class QueryProblemFilter implements ExceptionFilter<MillraceError> {
  catch(error: MillraceError, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<HttpResponse>();
    const { status, body, retryAfterSeconds } = problemOf(error);
    if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', `${retryAfterSeconds}`);
    response.status(status).json(body);
  }
}
