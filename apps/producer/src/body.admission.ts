import type { IncomingMessage } from 'node:http';
import type { HttpMiddleware } from 'millrace/pipeline';
import type { ProducerSettings } from './producer.config';
import { BodyTooLargeError, ContentEncodingUnsupportedError } from './producer.errors';

type Limits = Pick<ProducerSettings, 'bodyLimitBytes' | 'batchBodyLimitBytes' | 'gzip'>;

/** As Express matches routes: letters of any case, one slash at the end. */
const BATCH_ROUTE = /^\/produce\/batch\/?(\?|$)/i;

/** True for the route that takes many events at once, and so has a larger body. */
export function isBatch({ url }: Pick<IncomingMessage, 'url'>): boolean {
  return BATCH_ROUTE.test(url ?? '');
}

/**
 * Refuses bodies by their headers, before a byte of them is read.
 *
 * The reader of bodies would answer only at the end of a body that is too long.
 */
export function bodyAdmission(limits: Limits): HttpMiddleware {
  return (request, _response, next) => {
    const { 'content-length': length, 'content-encoding': encoding = 'identity' } = request.headers;
    const limitBytes = isBatch(request) ? limits.batchBodyLimitBytes : limits.bodyLimitBytes;
    if (Number(length ?? 0) > limitBytes) {
      next(new BodyTooLargeError());
      return;
    }
    const isRead = /^identity$/i.test(encoding) || (limits.gzip && /^gzip$/i.test(encoding));
    next(isRead ? undefined : new ContentEncodingUnsupportedError());
  };
}
