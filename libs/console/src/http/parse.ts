import type { z } from 'zod';
import { ConsoleRequestInvalidError } from '../console.errors';
import type { Issue } from './problem';

/** Most problems that one answer lists. */
const MAX_ISSUES = 20;

/**
 * Looks at a part of a request.
 *
 * @param part - first word of the path of each problem: params, query or body.
 * @throws {ConsoleRequestInvalidError} CONSOLE_REQUEST_INVALID with every bad field; values are not repeated.
 */
export function parsePart(schema: z.ZodType | null, value: unknown, part: string): unknown {
  if (schema === null) {
    const hasFields = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
    if (hasFields) throw invalid([{ path: part, message: 'nothing is taken here' }]);
    return undefined;
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(result.error.issues.flatMap((issue) => issuesOf(issue, part)));
}

/** Fields of a query; one that is there twice is refused. */
export function queryOf(search: URLSearchParams): Readonly<Record<string, string>> {
  const names = [...search.keys()];
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length > 0) {
    throw invalid([{ path: `query.${cut(twice[0])}`, message: 'is there twice' }]);
  }
  return Object.fromEntries(search);
}

export function invalid(issues: readonly Issue[]): ConsoleRequestInvalidError {
  const listed = issues.slice(0, MAX_ISSUES);
  const [first] = listed;
  return new ConsoleRequestInvalidError({
    message: first === undefined ? 'the request is not valid' : `${first.path}: ${first.message}`,
    facts: { issues: listed },
  });
}

function issuesOf(issue: z.core.$ZodIssue, part: string): readonly Issue[] {
  const path = [part, ...issue.path.map((step) => cut(String(step)))].join('.');
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  return issue.keys.map((key) => ({ path: `${path}.${cut(key)}`, message: 'is not known' }));
}

const cut = (text = '') => text.slice(0, 100);
