import { MillraceError, problemOf } from 'millrace/errors';
import { ConsoleFailedError } from '../console.errors';
import type { Answer } from './answer';
import { statusOf } from './statuses';

const BEARER = { 'WWW-Authenticate': 'Bearer realm="millrace console"' };

/** One bad field; `path` names it, example `body.filter.topic`. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** An error as an answer in the form of RFC 9457, with its code. */
export function problemAnswer(error: unknown): Answer {
  const known = error instanceof MillraceError ? error : new ConsoleFailedError();
  const status = statusOf(known);
  const { body, retryAfterSeconds = 1 } = problemOf(known, status);
  const { retryAfterSeconds: wanted } = known.facts as { readonly retryAfterSeconds?: number };
  const isLater = status === 429 || status === 503;
  return {
    status,
    contentType: 'application/problem+json; charset=utf-8',
    headers: {
      ...(status === 401 ? BEARER : {}),
      ...(isLater ? { 'Retry-After': String(wanted ?? retryAfterSeconds) } : {}),
      ...allowOf(known),
    },
    body: {
      type: body.docs,
      title: known.definition.summary,
      status,
      code: body.code,
      detail: status === 500 ? known.definition.summary : body.message,
      issues: issuesOf(known),
    },
  };
}

function allowOf(error: MillraceError): Readonly<Record<string, string>> {
  const { allow } = error.facts as { readonly allow?: string };
  return allow === undefined ? {} : { Allow: allow };
}

/** Operations name one field; the console may name many. */
function issuesOf({ facts, message }: MillraceError): readonly Issue[] | undefined {
  const { issues, field } = facts as {
    readonly issues?: readonly Issue[];
    readonly field?: string;
  };
  if (issues !== undefined) return issues;
  return field === undefined ? undefined : [{ path: field, message }];
}
