import type { DeadLetterView } from './dead-letter';

/** One letter as a line of JSON; offsets and times as text. */
export function lineOf({ letter, headers, value }: DeadLetterView): string {
  const { record, ...facts } = letter;
  const timestamp = record.timestampMs;
  return JSON.stringify(
    { ...facts, timestampMs: timestamp, headers, value },
    (_name, part: unknown) => (typeof part === 'bigint' ? part.toString() : part),
  );
}
