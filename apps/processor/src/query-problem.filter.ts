import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { MillraceError } from 'millrace/errors';

const RETRY_AFTER_SECONDS = '1';

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
    const isWrong = error.failure === 'permanent';
    if (!isWrong) response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
    const { issues } = error.facts;
    response.status(isWrong ? 400 : 503).json({
      code: error.code,
      // Messages about our own dependencies name hosts; callers need not know them.
      message: isWrong ? error.message : error.definition.summary,
      ...(issues === undefined ? {} : { issues }),
      docs: `docs/errors.md#${error.code.toLowerCase()}`,
    });
  }
}
