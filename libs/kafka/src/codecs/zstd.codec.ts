import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type * as ZstdWasm from '@bokuweb/zstd-wasm';
import { CodecMissingError } from '../errors/codec.errors';
import { decompressionError, refuseBeyond } from './codec';
import type { Codec } from './codec';
import { zstdBoundOf } from './zstd.bound';

const requireHere = createRequire(__filename);

type Compress = (input: Buffer) => Promise<Buffer>;
/** @param boundBytes - no frame expands beyond it. */
type Decompress = (input: Buffer, boundBytes: number) => Promise<Buffer>;

export interface ZstdEngine {
  readonly compress: Compress;
  readonly decompress: Decompress;
}

const READY = Symbol.for('millrace.kafka.zstd-ready');
type InitialisedZstd = typeof ZstdWasm & { [READY]?: Promise<void> };

interface NativeZstd {
  zstdCompress?: (input: Buffer, callback: (error: Error | null, output: Buffer) => void) => void;
  zstdDecompress?: (
    input: Buffer,
    options: { maxOutputLength: number },
    callback: (error: Error | null, output: Buffer) => void,
  ) => void;
}

/**
 * Zstandard with a limit: Node's own where it has one (22.15 and newer), else WebAssembly.
 *
 * @param engine - from {@link loadZstd}.
 */
export function zstdCodec(engine: ZstdEngine, limitBytes: number): Codec {
  return {
    compress: (encoder) => engine.compress(encoder.buffer),
    decompress: async (compressed) => {
      try {
        const bound = zstdBoundOf(compressed);
        refuseBeyond(limitBytes, bound, 'zstd');
        return await engine.decompress(compressed, bound);
      } catch (error) {
        throw decompressionError('zstd', error);
      }
    },
  };
}

/**
 * Loads an engine; the WebAssembly one is compiled here, so call it before the first fetch.
 *
 * @throws {CodecMissingError} CODEC_MISSING when neither can be loaded; retryable: no.
 */
export async function loadZstd(native: NativeZstd = zlib as NativeZstd): Promise<ZstdEngine> {
  const { zstdCompress, zstdDecompress } = native;
  if (zstdCompress !== undefined && zstdDecompress !== undefined) {
    const decompress = promisify(zstdDecompress);
    return {
      compress: promisify(zstdCompress),
      decompress: (input, boundBytes) => decompress(input, { maxOutputLength: boundBytes }),
    };
  }
  return loadWebAssembly();
}

async function loadWebAssembly(): Promise<ZstdEngine> {
  try {
    // Only here: Node 22 does not need it, and loading it compiles WebAssembly.
    const zstd = requireHere('@bokuweb/zstd-wasm') as InitialisedZstd;
    // A second init() puts a new memory under calls of the first and does not wait for it.
    zstd[READY] ??= zstd.init();
    await zstd[READY];
    return {
      compress: (input) => Promise.resolve(Buffer.from(zstd.compress(input))),
      decompress: (input, boundBytes) =>
        // A streaming writer leaves the size out; the capacity is then this bound.
        Promise.resolve().then(() =>
          Buffer.from(zstd.decompress(input, { defaultHeapSize: Math.max(1, boundBytes) })),
        ),
    };
  } catch (error) {
    throw new CodecMissingError({ message: 'no zstd engine can be loaded', cause: error });
  }
}
