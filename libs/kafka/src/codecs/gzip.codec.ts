import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { decompressionError, refuseBeyond } from './codec';
import type { Codec } from './codec';

const compressAsync = promisify(gzip);
const decompressAsync = promisify(gunzip);

/**
 * Gzip with a limit, in place of kafkajs' own, which has none.
 *
 * The header of gzip says nothing about the size: zlib stops at the limit while it writes.
 */
export function gzipCodec(limitBytes: number): Codec {
  return {
    compress: (encoder) => compressAsync(encoder.buffer),
    decompress: async (compressed) => {
      try {
        return await decompressAsync(compressed, { maxOutputLength: limitBytes });
      } catch (error) {
        if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') {
          refuseBeyond(limitBytes, limitBytes + 1, 'gzip');
        }
        throw decompressionError('gzip', error);
      }
    },
  };
}
