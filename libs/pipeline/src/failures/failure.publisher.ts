import type { OutgoingRecord, ProducerPort } from '../ports/producer';
import { DeadLetterUnavailableError } from '../pipeline.errors';
import { DEAD_LETTER_HEADERS } from './dead-letter.headers';

const PUBLISH_DEADLINE_MS = 10_000;
const TRUNCATED_BYTES = 1_024;

/**
 * Publishes failed records and waits for their acknowledgement.
 *
 * @param lingerMs - how long they may wait for others; default: the producer's; unit ms.
 * @returns positions of the letters that no broker will take, because of their size.
 * @throws {DeadLetterUnavailableError} DEADLETTER_UNAVAILABLE when another one was not acknowledged.
 */
export async function publishFailures(
  producer: ProducerPort,
  letters: readonly OutgoingRecord[],
  lingerMs?: number,
): Promise<readonly number[]> {
  const terms = { deadlineMs: PUBLISH_DEADLINE_MS, ...(lingerMs !== undefined && { lingerMs }) };
  const results = await producer.publish(letters, terms);
  const refused: number[] = [];
  for (const [index, letter] of letters.entries()) {
    const result = results[index];
    if (result?.status === 'acked') continue;
    if (result?.status === 'failed' && result.error.failure === 'permanent') {
      refused.push(index);
      continue;
    }
    throw new DeadLetterUnavailableError({
      message: `${letter.topic} cannot be written to: ${result?.error.message ?? 'no answer'}`,
      cause: result?.error,
    });
  }
  return refused;
}

/** Ways to make a letter smaller, the least loss first. */
export const CUTS: ReadonlyArray<(letter: OutgoingRecord) => OutgoingRecord> = [cutLarger, cutBoth];

/** What is larger is what does not fit: the other one stays whole. */
function cutLarger(letter: OutgoingRecord): OutgoingRecord {
  const headerBytes = letter.headers.reduce(
    (sum, [name, value]) => sum + name.length + (value?.length ?? 0),
    0,
  );
  return headerBytes > (letter.value?.length ?? 0) ? cutHeaders(letter) : cutValue(letter);
}

/** The operator reads the rest from the source topic: the original position is in the headers. */
function cutValue(letter: OutgoingRecord): OutgoingRecord {
  const value = letter.value === null ? null : letter.value.subarray(0, TRUNCATED_BYTES);
  return { ...letter, value, headers: marked(letter, 'value', letter.headers) };
}

/** Keeps only our own headers, which stay below 8 KiB together. */
function cutHeaders(letter: OutgoingRecord): OutgoingRecord {
  const ours = new Set<string>(Object.values(DEAD_LETTER_HEADERS));
  const kept = letter.headers.filter(([name]) => ours.has(name));
  return { ...letter, headers: marked(letter, 'headers', kept) };
}

/** The last resort, without the key: it may be what is too long. */
function cutBoth(letter: OutgoingRecord): OutgoingRecord {
  return { ...cutHeaders(cutValue(letter)), key: null };
}

function marked(letter: OutgoingRecord, what: string, kept: OutgoingRecord['headers']) {
  const { truncated, originalSize } = DEAD_LETTER_HEADERS;
  const size = kept.find(([name]) => name === originalSize)?.[1] ?? sizeOf(letter);
  return [
    ...kept.filter(([name]) => name !== truncated && name !== originalSize),
    [truncated, Buffer.from(what)] as const,
    [originalSize, size] as const,
  ];
}

const sizeOf = ({ value }: OutgoingRecord) => Buffer.from(String(value?.length ?? 0));
