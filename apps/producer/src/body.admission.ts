import type { HttpMiddleware } from 'millrace/pipeline';
import { isBatch } from './ingest.routes';
import type { ProducerSettings } from './producer.config';
import { BodyTooLargeError, ContentEncodingUnsupportedError } from './producer.errors';

type Limits = Pick<ProducerSettings, 'bodyLimitBytes' | 'batchBodyLimitBytes' | 'gzip'>;

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
