import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Options } from 'pino-http';

/** Paths that machines ask every few seconds: not worth a line. */
const QUIET_PATHS = new Set(['/livez', '/readyz', '/startupz', '/health', '/metrics']);

/** What a caller may choose as correlation id; anything else could forge or flood lines. */
const CORRELATION_ID = /^[\w.:-]{1,128}$/;

/** Marks a request that has its line, in case the middleware runs twice. */
const logged = Symbol('millrace/logging logged');

/**
 * Options of pino-http: one line per request with method, path, status, duration and correlation id.
 *
 * No headers, no query, no body: they hold credentials and payload. Good answers are debug, refusals
 * info, an overloaded or waiting service warn, failures error.
 */
export function httpLogging(logger: Logger): Options {
  return {
    logger,
    genReqId: correlationId,
    quietReqLogger: true,
    autoLogging: { ignore: isQuiet },
    customAttributeKeys: { reqId: 'correlation_id', responseTime: 'processing_time_ms' },
    customLogLevel: (_request, response, error) => levelOf(response.statusCode, error),
    customSuccessMessage: describe,
    customErrorMessage: describe,
    customSuccessObject: (_request, _response, fields) => lineOf(fields),
    customErrorObject: (_request, _response, error, fields) => ({
      ...lineOf(fields),
      error: error.message.replace(/\s+/g, ' '),
    }),
    serializers: { req: describeRequest, res: describeResponse },
    wrapSerializers: false,
  };
}

function lineOf(fields: unknown): Record<string, unknown> {
  const { res, processing_time_ms } = fields as { res: ServerResponse; processing_time_ms: number };
  return { event: 'http.request', res, processing_time_ms };
}

function describe(request: IncomingMessage, response: ServerResponse): string {
  return `${request.method} ${pathOf(request)} ${response.statusCode}`;
}

function describeRequest(request: IncomingMessage): Record<string, unknown> {
  return { method: request.method, path: pathOf(request) };
}

function describeResponse(response: ServerResponse): Record<string, unknown> {
  return { status: response.statusCode };
}

function levelOf(status: number, error: Error | undefined): 'debug' | 'info' | 'warn' | 'error' {
  if (status === 503 || status === 429) return 'warn';
  if (error !== undefined || status >= 500) return 'error';
  return status >= 400 ? 'info' : 'debug';
}

function isQuiet(request: IncomingMessage): boolean {
  const isSecondTime = logged in request;
  if (!isSecondTime) Object.defineProperty(request, logged, { value: true });
  return isSecondTime || QUIET_PATHS.has(pathOf(request));
}

function pathOf(request: IncomingMessage & { readonly originalUrl?: string }): string {
  return (request.originalUrl ?? request.url ?? '').split('?')[0]?.slice(0, 256) ?? '';
}

function correlationId(request: IncomingMessage): string {
  const given = request.headers['x-correlation-id'] ?? request.headers['x-request-id'];
  return typeof given === 'string' && CORRELATION_ID.test(given) ? given : randomUUID();
}
