import { CodecCorruptError, CodecOutputTooLargeError } from '../errors/codec.errors';

/** kafkajs' shape of a codec. Each object of ours never gives out more than its limit. */
export interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(compressed: Buffer): Promise<Buffer>;
}

/** Most bytes that one record batch may expand to; unit bytes. */
export const MAX_DECOMPRESSED_BYTES = 64 * 1024 * 1024;

/** Refuses a batch before anything is allocated for it. */
export function refuseBeyond(limitBytes: number, boundBytes: number, codec: string): void {
  if (boundBytes <= limitBytes) return;
  throw stopRetrying(
    new CodecOutputTooLargeError({
      message: `a ${codec} batch would expand to ${boundBytes} bytes, the limit is ${limitBytes}`,
    }),
  );
}

/** Makes the error of a batch that cannot be read. */
export function corrupt(codec: string, cause: unknown): CodecCorruptError {
  return stopRetrying(
    new CodecCorruptError({ message: `a ${codec} batch cannot be decompressed`, cause }),
  );
}

/** Keeps an error of ours, translates any other. */
export function decompressionError(codec: string, error: unknown): Error {
  if (error instanceof CodecOutputTooLargeError || error instanceof CodecCorruptError) return error;
  return corrupt(codec, error);
}

// kafkajs asks for this spelling: without it the same batch is fetched and refused five times.
function stopRetrying<E extends Error>(error: E): E {
  return Object.assign(error, { retriable: false });
}
