import type { HttpMiddleware } from 'millrace/pipeline';

/**
 * What a browser may do with an answer: run nothing that is not ours, be framed by nobody, guess no type.
 *
 * The page at /docs brings its styles within itself; its scripts are files.
 */
const HEADERS = Object.entries({
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
});

/** Puts these headers on every answer, refusals too. */
export const pageHeaders: HttpMiddleware = (_request, response, next) => {
  for (const [name, value] of HEADERS) response.setHeader(name, value);
  next();
};
