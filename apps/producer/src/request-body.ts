import type { IncomingMessage } from 'node:http';
import { jsonCodec } from 'millrace/contracts';
import { ContentTypeUnsupportedError } from './producer.errors';

/** Formats that the producer reads; closed set. */
export const MEDIA_TYPES = ['application/json', 'application/x-ndjson'] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

/** A request whose body was read as bytes. */
export type BodyRequest = Pick<IncomingMessage, 'headers'> & { readonly body?: unknown };

/** True when the body of the request is worth reading. */
export function isReadable(request: Pick<IncomingMessage, 'headers'>): boolean {
  return mediaTypeOf(request) !== null;
}

/**
 * Gives the bytes of the body and their format.
 *
 * @param accepted - formats of the route.
 * @throws {ContentTypeUnsupportedError} CONTENT_TYPE_UNSUPPORTED
 */
export function bodyOf(
  request: BodyRequest,
  accepted: readonly MediaType[],
): { readonly mediaType: MediaType; readonly bytes: Buffer } {
  const mediaType = mediaTypeOf(request);
  if (mediaType === null || !accepted.includes(mediaType)) {
    throw new ContentTypeUnsupportedError({
      message: `this route reads ${accepted.join(' and ')} in UTF-8`,
    });
  }
  // Express leaves the body undefined when there is none.
  return { mediaType, bytes: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0) };
}

/**
 * Reads a JSON body.
 *
 * @throws {ContentTypeUnsupportedError} CONTENT_TYPE_UNSUPPORTED
 * @throws {MillraceError} CODEC_MALFORMED
 */
export function jsonOf(request: BodyRequest): unknown {
  return jsonCodec.decode(bodyOf(request, ['application/json']).bytes);
}

function mediaTypeOf({ headers }: Pick<IncomingMessage, 'headers'>): MediaType | null {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters
    .map((parameter) => parameter.trim())
    .find((it) => /^charset=/.test(it));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) return null;
  return MEDIA_TYPES.find((mediaType) => mediaType === type.trim()) ?? null;
}
