import { jsonCodec } from 'millrace/contracts';
import type { SourceEntry } from './source';

/**
 * Reads one event per line: `{ "metal", "price", "observedAt", "currency"?, "eventId"? }`.
 *
 * Without `eventId` a line is identified by its place, `<name>:<line>`, so a second replay of the same
 * file is a repeat. Without `currency` it is USD. A bad line is an entry with its number, and the next
 * one goes on.
 */
export async function* ndjsonEntries(
  name: string,
  lines: AsyncIterable<string>,
): AsyncIterable<SourceEntry> {
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (text.trim() !== '') yield entryOf(name, line, text);
  }
}

function entryOf(name: string, line: number, text: string): SourceEntry {
  const row = rowOf(text);
  if (row === undefined) return { line, problem: 'must be a JSON object' };
  const { eventId = `${name}:${line}`, ...event } = row;
  if (typeof eventId !== 'string') return { line, problem: 'eventId: must be text' };
  return { event: { currency: 'USD', ...event }, eventId, line };
}

function rowOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const row = jsonCodec.decode(Buffer.from(text));
    const isObject = typeof row === 'object' && row !== null && !Array.isArray(row);
    return isObject ? (row as Record<string, unknown>) : undefined;
  } catch {
    // What the parser says quotes the line; the number of the line is enough.
    return undefined;
  }
}
