import type {
  DeadLetterReason,
  KafkaRecord,
  LetterPosition,
  Offset,
  TopicPartition,
} from 'millrace/pipeline';

/** Which dead letters are meant; every field that is given must match. Default: all that are not parked. */
export interface DeadLetterFilter {
  /** Source topic, or the dead letter topic itself; default: all. */
  readonly topic?: string;
  readonly reason?: DeadLetterReason;
  /** Example `CONTRACT_INVALID`. */
  readonly errorCode?: string;
  /** The group that failed. */
  readonly groupId?: string;
  /** The whole key, as text. */
  readonly key?: string;
  /** `<name> v<version>`, or the name alone for every version. */
  readonly contract?: string;
  /** Written to the dead letter topic at or after it. */
  readonly since?: Date;
  /** Written to the dead letter topic before it. */
  readonly until?: Date;
  /** Of the dead letter topic; needs `topic`. */
  readonly partition?: number;
  /** In the dead letter topic, `from` included, `to` not; needs `partition`. */
  readonly offsets?: { readonly from?: Offset; readonly to?: Offset };
  /** Default without. */
  readonly parked?: 'only' | 'without' | 'any';
}

/** Where a record was before its first failure. */
export interface OriginalPosition extends TopicPartition {
  readonly offset: Offset;
  /** Kafka's timestamp of it, as text in RFC 3339 or, beyond that, in ms. */
  readonly timestamp: string;
}

/**
 * One record of a dead letter topic, as far as it can be read.
 *
 * Everybody who may write to the topic can write anything: what is not there or makes no sense is
 * null, and `problems` says so.
 */
export interface DeadLetter {
  readonly position: LetterPosition;
  /** When it was written; Kafka's timestamp; unit ms. */
  readonly timestampMs: number;
  readonly reason: DeadLetterReason | null;
  readonly errorCode: string | null;
  /** Control characters escaped. */
  readonly errorMessage: string | null;
  /** The group that failed, and to which a redrive is addressed. */
  readonly groupId: string | null;
  readonly pipeline: string | null;
  readonly original: OriginalPosition | null;
  /** As UTF-8 text. */
  readonly key: string | null;
  readonly eventId: string | null;
  /** `<name> v<version>` of the handler that failed. */
  readonly contract: string | null;
  readonly attempts: number | null;
  readonly redriveCount: number;
  readonly failedAt: Date | null;
  readonly firstFailedAt: Date | null;
  /** What had to be cut so that it fitted: value, headers or both. */
  readonly truncated: string | null;
  /** 0 for a null value; unit bytes. */
  readonly valueBytes: number;
  readonly parked: boolean;
  /** What is wrong with its headers; empty for a letter of a pipeline. */
  readonly problems: readonly string[];
  /** As it is in the log: a slice of a fetch buffer, do not keep many. */
  readonly record: KafkaRecord;
}

/** Dead letters that failed alike. */
export interface DeadLetterGroup {
  readonly reason: DeadLetterReason | null;
  readonly errorCode: string | null;
  /** Of the first one seen, cut to 200 characters. */
  readonly message: string | null;
  readonly groupId: string | null;
  /** Source topic; null when a letter does not say. */
  readonly topic: string | null;
  readonly count: number;
  readonly oldest: Date;
  readonly newest: Date;
}

/** Why a value is not shown; closed set. */
export const WITHHELD_REASONS = [
  'contract-unknown',
  'version-differs',
  'unreadable',
  'too-large',
] as const;
export type WithheldReason = (typeof WITHHELD_REASONS)[number];

/** A value for persons. */
export interface LetterValue {
  /** At most 64 kB; control characters escaped; '' when withheld or null. */
  readonly text: string;
  readonly encoding: 'json' | 'utf8' | 'base64';
  /** True when `text` is the beginning of it. */
  readonly truncated: boolean;
  /** Paths of `personalData` whose fields are masked. */
  readonly masked: readonly string[];
  /** Set when fields could not be masked and nobody asked for the value as it is. */
  readonly withheld: WithheldReason | null;
}

/** One dead letter with everything in it. */
export interface DeadLetterView {
  readonly letter: DeadLetter;
  /** In the order of the record; text with control characters escaped, base64 where it is no UTF-8. */
  readonly headers: ReadonlyArray<readonly [name: string, text: string]>;
  readonly value: LetterValue;
}

/** `masked` shows fields of `personalData` as `[masked]`, `as-is` shows everything. */
export type ValueMode = 'masked' | 'as-is';
