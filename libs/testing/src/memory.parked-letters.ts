import type {
  Audit,
  LetterPosition,
  Offset,
  ParkedLetter,
  ParkedLetters,
  TopicPartition,
} from 'millrace/pipeline';

/** Parked dead letters in memory; several pipelines on one of them behave as processes of one service. */
export class MemoryParkedLetters implements ParkedLetters {
  /** Every change, oldest first. */
  readonly changes: Array<Audit & LetterPosition & { readonly change: 'park' | 'unpark' }> = [];
  private readonly parked = new Map<string, ParkedLetter>();

  async park(
    letters: ReadonlyArray<LetterPosition & { readonly timestampMs: number }>,
    audit: Audit,
  ): Promise<void> {
    for (const { topic, partition, offset, timestampMs } of letters) {
      const position = { topic, partition, offset };
      this.parked.set(keyOf(position), { ...position, timestampMs, audit });
      this.changes.push({ change: 'park', ...position, ...audit });
    }
  }

  async unpark(positions: readonly LetterPosition[], audit: Audit): Promise<number> {
    const taken = positions.filter((position) => this.parked.delete(keyOf(position)));
    for (const { topic, partition, offset } of taken) {
      this.changes.push({ change: 'unpark', topic, partition, offset, ...audit });
    }
    return taken.length;
  }

  async find(
    range: TopicPartition & { readonly from: Offset; readonly to: Offset },
  ): Promise<readonly ParkedLetter[]> {
    const { topic, partition, from, to } = range;
    return [...this.parked.values()]
      .filter((letter) => letter.topic === topic && letter.partition === partition)
      .filter(({ offset }) => offset >= from && offset < to)
      .sort((one, two) => (one.offset < two.offset ? -1 : 1));
  }
}

const keyOf = ({ topic, partition, offset }: LetterPosition) =>
  JSON.stringify([topic, partition, offset.toString()]);
