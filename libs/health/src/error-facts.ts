import { deepestMillraceError } from 'millrace/errors';

/** Log fields of a failure: code and one line, no stack. */
export function errorFacts(error: unknown): {
  readonly error_code?: string;
  readonly error: string;
} {
  const known = deepestMillraceError(error);
  const message = error instanceof Error ? error.message : String(error);
  return {
    ...(known === undefined ? {} : { error_code: known.code }),
    error: (known?.message ?? message).replace(/\s+/g, ' ').slice(0, 500),
  };
}
