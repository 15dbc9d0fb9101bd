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

/** Says that the records of a batch cannot be read. */
export class BatchCorruptError extends defineError({
  code: 'BATCH_CORRUPT',
  failure: 'permanent',
  summary: 'a batch of the log cannot be decoded',
  likelyCause: 'damaged bytes, or a producer that writes a format of its own',
  fix: 'find the producer; the pointer in the dead letter topic names the range',
}) {}

/** Says that the checksum of a batch is wrong. */
export class BatchChecksumError extends defineError({
  code: 'BATCH_CHECKSUM',
  failure: 'permanent',
  summary: 'the checksum of a batch does not fit its bytes',
  likelyCause: 'bytes were damaged on a disk or on the way',
  fix: 'check the disks of the broker; the pointer in the dead letter topic names the range',
}) {}

/** Refuses to decode a batch of very many records in one go. */
export class BatchTooManyRecordsError extends defineError({
  code: 'BATCH_TOO_MANY_RECORDS',
  failure: 'permanent',
  summary: 'a batch has more records than are decoded at once',
  likelyCause: 'a producer with a very large batch of very small records',
  fix: 'lower its batch size; the pointer in the dead letter topic names the range',
}) {}

/** Says that the log cannot even be cut into batches at a position. */
export class BatchFrameBrokenError extends defineError({
  code: 'BATCH_FRAME_BROKEN',
  failure: 'permanent',
  summary: 'the length of a batch makes no sense',
  likelyCause: 'bytes were damaged on the way, or the broker sends something else than a log',
  fix: 'the smallest range around the offset is passed over; check the disks of the broker',
}) {}

/** Every error of this file. */
export const CODEC_ERRORS = [
  CodecOutputTooLargeError,
  CodecCorruptError,
  CodecMissingError,
  BatchCorruptError,
  BatchChecksumError,
  BatchTooManyRecordsError,
  BatchFrameBrokenError,
] as const;
