import { defineContract } from 'millrace/contracts';
import type { Contract } from 'millrace/contracts';
import { defineError } from 'millrace/errors';
import { z } from 'zod';
import type { FetchedBatch } from '../ports/driver';
import type { KafkaRecord } from '../ports/record';
import type { PipelineRecord } from '../records/pipeline-record';

/** What the specs of the core send through it. */
export interface Reading {
  n: number;
}

export const READING: Contract<Reading> = defineContract({
  name: 'lab.reading.taken',
  version: 1,
  topic: 'readings',
  key: ({ n }) => String(n),
  schema: z.object({ n: z.number() }),
});

/** An error of a dependency: the line waits. */
export class StoreAwayError extends defineError({
  code: 'SINK_AWAY',
  failure: 'infrastructure',
  summary: 'the store is away',
  likelyCause: 'a test',
  fix: 'nothing',
}) {}

/** A record whose event is `{ n: <offset> }`, with what the test wants otherwise. */
export function recordAt(offset: number, more: Partial<KafkaRecord> = {}): KafkaRecord {
  return {
    offset: BigInt(offset),
    timestampMs: Date.UTC(2024, 0, 1),
    key: Buffer.from('k'),
    value: Buffer.from(JSON.stringify({ n: offset })),
    headers: [],
    ...more,
  };
}

/** The same, read already. */
export function readAt(offset: number): PipelineRecord<Reading> {
  const raw = recordAt(offset);
  const eventId = `id-${offset}`;
  return { event: { n: offset }, eventId, raw, topic: 'readings', partition: 0 };
}

/** Records `from` to `to - 1` of partition 0. */
export function batchOf(from: number, to: number, more: Partial<FetchedBatch> = {}): FetchedBatch {
  const records = Array.from({ length: to - from }, (_, index) => recordAt(from + index));
  return {
    topic: 'readings',
    partition: 0,
    records,
    nextOffset: BigInt(to),
    highWatermark: BigInt(to),
    bytes: records.length * 10,
    ...more,
  };
}

/** `numbers(3)` = 0, 1, 2. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
