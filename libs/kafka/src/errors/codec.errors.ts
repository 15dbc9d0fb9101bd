import { defineError } from 'millrace/errors';

/** Refuses a compressed batch whose content would be larger than the limit. */
export class CodecOutputTooLargeError extends defineError({
  code: 'CODEC_OUTPUT_TOO_LARGE',
  failure: 'permanent',
  summary: 'a compressed batch would expand beyond the limit',
  likelyCause: 'a decompression bomb, or a producer with a very large batch.size',
  fix: 'find the producer of the batch; lower its batch size',
}) {}

/** Says that a compressed batch cannot be read. */
export class CodecCorruptError extends defineError({
  code: 'CODEC_CORRUPT',
  failure: 'permanent',
  summary: 'a compressed batch cannot be decompressed',
  likelyCause: 'damaged bytes, or a framing that this codec does not know',
  fix: 'find the producer of the batch; skip the range if it cannot be repaired',
}) {}

/** Says that a codec could not be loaded. */
export class CodecMissingError extends defineError({
  code: 'CODEC_MISSING',
  failure: 'fatal',
  summary: 'a compression codec cannot be loaded',
  likelyCause: 'its package is not installed, or has no build for this platform',
  fix: 'npm ci; then look at the cause',
}) {}

/** Every error of this file. */
export const CODEC_ERRORS = [
  CodecOutputTooLargeError,
  CodecCorruptError,
  CodecMissingError,
] as const;
