import type { Readable } from 'node:stream';

/** One line of a text; null when it was longer than the bound. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string | null;
}

/**
 * Cuts a stream into lines. Holds one line at most; a longer one than the bound is dropped while it
 * is read, and told as null.
 *
 * @param maxBytes - longest line; unit bytes.
 */
export async function* linesOf(stream: Readable, maxBytes: number): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let size = 0;
  let number = 0;
  const take = (part: Buffer) => {
    size += part.length;
    // What is too long already is not kept.
    parts = size > maxBytes ? [] : [...parts, part];
  };
  const line = (): Line => {
    const text = size > maxBytes ? null : textOf(parts);
    parts = [];
    size = 0;
    return { number: (number += 1), text };
  };
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    let from = 0;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      take(bytes.subarray(from, at));
      yield line();
      from = at + 1;
    }
    if (from < bytes.length) take(bytes.subarray(from));
  }
  if (size > 0) yield line();
}

const textOf = (parts: readonly Buffer[]) =>
  Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r$/, '')
    .replace(/^\ufeff/, '');
