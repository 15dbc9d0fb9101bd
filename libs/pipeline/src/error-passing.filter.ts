import { Catch } from '@nestjs/common';
import type { ExceptionFilter } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { throwError } from 'rxjs';

/**
 * Passes the errors of handlers through unchanged.
 *
 * Nest's own outermost filter replaces them by "Internal server error", and the policy could not
 * tell one from another. A filter of the user still comes first.
 */
@Catch()
export class ErrorPassingFilter implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
