/** One thing that a source read: an event with its identity, or what is wrong with a row. */
export type SourceEntry =
  | { readonly event: unknown; readonly eventId: string; readonly line?: number }
  | { readonly line: number; readonly problem: string };

/** Most entries of one chunk; one chunk is published at once. */
export const MAX_CHUNK_ENTRIES = 500;

/** Where prices come from, other than HTTP. */
export interface Source {
  /** For log lines and answers; example `gold-monthly`. */
  readonly name: string;
  /**
   * Reads to the end, at the pace of the source.
   *
   * @param signal - ends the reading early, without an error.
   * @throws {MillraceError} when the source as a whole cannot be read.
   */
  chunks(signal: AbortSignal): AsyncIterable<readonly SourceEntry[]>;
}

/** Gathers entries into chunks. */
export async function* inChunks(
  entries: AsyncIterable<SourceEntry>,
  size: number = MAX_CHUNK_ENTRIES,
): AsyncIterable<readonly SourceEntry[]> {
  let chunk: SourceEntry[] = [];
  for await (const entry of entries) {
    chunk.push(entry);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
