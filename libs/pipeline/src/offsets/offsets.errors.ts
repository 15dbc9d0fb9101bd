import { defineError } from 'millrace/errors';

/** Says that another process has taken over partitions that this one works on. */
export class OffsetsFencedError extends defineError({
  code: 'OFFSETS_FENCED',
  failure: 'infrastructure',
  summary: 'another process has claimed the partition; nothing of this write was stored',
  likelyCause: 'this process was frozen, or cut off from the brokers, for longer than its session',
  fix: 'nothing: it joins the group again and goes on where the position is stored',
}) {}

/** Every error class of this folder. */
export const OFFSETS_ERRORS = [OffsetsFencedError] as const;
