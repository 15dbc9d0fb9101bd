import type { LetterPosition, Offset, TopicPartition } from 'millrace/pipeline';
import { z } from 'zod';
import { invalid } from '../http/parse';
import { name, offset, partition } from './schemas';

/** Longest cursor that is taken; unit characters. */
const MAX_CURSOR_CHARACTERS = 12_000;

const places = z.array(z.tuple([name, partition, offset]));

export const cursorText = z.string().min(1).max(MAX_CURSOR_CHARACTERS);

/** Where a list goes on: for each partition that was read, the first offset that was not. */
export class ListCursor {
  private readonly next = new Map<string, readonly [string, number, Offset]>();

  /** @throws {ConsoleRequestInvalidError} CONSOLE_REQUEST_INVALID for a text that is no cursor. */
  constructor(text?: string) {
    for (const place of text === undefined ? [] : placesOf(text)) {
      this.next.set(keyOf(place[0], place[1]), place);
    }
  }

  /** undefined = from the beginning. */
  offsetOf({ topic, partition: number }: TopicPartition): Offset | undefined {
    return this.next.get(keyOf(topic, number))?.[2];
  }

  pass({ topic, partition: number, offset: at }: LetterPosition): void {
    this.next.set(keyOf(topic, number), [topic, number, at + 1n]);
  }

  toString(): string {
    const list = [...this.next.values()].map(([topic, number, at]) => [topic, number, String(at)]);
    return Buffer.from(JSON.stringify(list)).toString('base64url');
  }
}

function placesOf(text: string): z.output<typeof places> {
  try {
    return places.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch {
    throw invalid([{ path: 'query.cursor', message: 'is not a cursor of this list' }]);
  }
}

const keyOf = (topic: string, number: number) => `${topic}/${number}`;
