import type { ServerResponse } from 'node:http';

/** What a request is answered with. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON; `bigint` becomes decimal text, `Date` RFC 3339; undefined = no body. */
  readonly body?: unknown;
  /** Default application/json. */
  readonly contentType?: string;
  /** True = it is not kept for repeats of the request. */
  readonly isPrivate?: true;
}

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** On every answer, whatever it is. */
export const SAFETY_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  'Cache-Control': 'no-store',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
});

export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'bigint' ? part.toString() : part,
  );
}

/** Writes an answer; does nothing when the caller is gone or was answered. */
export function send(response: ServerResponse, answer: Answer): void {
  if (response.headersSent || response.destroyed) return;
  const { status, headers, body, contentType = 'application/json; charset=utf-8' } = answer;
  const bytes = body === undefined ? null : Buffer.from(jsonText(body));
  response.writeHead(status, {
    ...SAFETY_HEADERS,
    ...headers,
    ...(bytes === null ? {} : { 'Content-Type': contentType }),
    'Content-Length': String(bytes?.length ?? 0),
  });
  response.end(bytes ?? undefined);
}
