import type { CaseName } from './bench.order';
import type { TopicContent } from './case-topics';

/** The topics of the bench; closed set. */
export const TOPICS = ['bench-plain', 'bench-lz4', 'bench-malformed', 'bench-idle'] as const;
export type TopicName = (typeof TOPICS)[number];

/** What a case reads. */
export interface CasePlan {
  readonly topic: TopicName;
  readonly warmUpRecords: number;
  readonly totalRecords: number;
  readonly stretchRecords: number | null;
}

/** Pairs of stretches, one without and one with malformed records; the first pair is warm-up. */
const STRETCH_PAIRS = 13;
const BATCH_RECORDS = 1_000;

function stretchOf(records: number): number {
  return Math.max(1, Math.round(records / 10 / BATCH_RECORDS)) * BATCH_RECORDS;
}

/** @param records - of a batch case; the slow cases read a share of it. */
export function planOf(name: CaseName, records: number): CasePlan {
  switch (name) {
    case 'handInsert':
    case 'frameworkInsert':
    case 'handGuard':
    case 'frameworkGuard':
    case 'consumes':
      return plan('bench-plain', records);
    case 'frameworkInsertLz4':
      return plan('bench-lz4', records);
    case 'eventPattern':
      return plan('bench-plain', records * 0.4);
    case 'naive':
      return plan('bench-plain', records * 0.05);
    case 'malformed': {
      const stretchRecords = stretchOf(records);
      return {
        topic: 'bench-malformed',
        warmUpRecords: 2 * stretchRecords,
        totalRecords: 2 * STRETCH_PAIRS * stretchRecords,
        stretchRecords,
      };
    }
    case 'idle':
      return plan('bench-idle', 0);
    default:
      return name satisfies never;
  }
}

export function contentOf(topic: TopicName, records: number): TopicContent {
  switch (topic) {
    case 'bench-plain':
      return { topic, records, partitions: 3, compression: 'none', stretchRecords: null };
    case 'bench-lz4':
      return { topic, records, partitions: 3, compression: 'lz4', stretchRecords: null };
    case 'bench-malformed': {
      const stretchRecords = stretchOf(records);
      const total = 2 * STRETCH_PAIRS * stretchRecords;
      // One partition: only so are the stretches read one after the other.
      return { topic, records: total, partitions: 1, compression: 'none', stretchRecords };
    }
    case 'bench-idle':
      return { topic, records: 0, partitions: 3, compression: 'none', stretchRecords: null };
    default:
      return topic satisfies never;
  }
}

/** Of the whole topic of the malformed case. */
export function malformedRecordsOf(records: number): number {
  return (STRETCH_PAIRS * stretchOf(records)) / BATCH_RECORDS;
}

function plan(topic: TopicName, records: number): CasePlan {
  const totalRecords = Math.floor(records);
  const warmUpRecords = Math.floor(records / 5);
  return { topic, warmUpRecords, totalRecords, stretchRecords: null };
}
