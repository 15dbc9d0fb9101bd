import { deadLetterTopicOf } from 'millrace/pipeline';
import type { AdminPort, LetterPosition, Offset, TopicPartition } from 'millrace/pipeline';
import type { DeadLetterFilter } from './dead-letter';
import { DeadLetterNotFoundError } from './dead-letter.errors';
import { filterInvalid } from './letter.filter';

/** A part of one partition that is to be read. */
export interface LetterRange extends TopicPartition {
  readonly from: Offset;
  /** First offset that is not read. */
  readonly to: Offset;
}

const SUFFIX = deadLetterTopicOf('');

/** Knows which dead letter topics there are, and where in them to read. */
export class LetterTopics {
  constructor(private readonly admin: () => AdminPort) {}

  async list(): Promise<readonly string[]> {
    const topics = await this.admin().listTopics();
    return topics.filter((topic) => topic.endsWith(SUFFIX) && topic !== SUFFIX);
  }

  /**
   * What a filter leaves of the logs, as they are now; empty ranges are left out.
   *
   * @throws {DeadLetterFilterInvalidError} DEADLETTER_FILTER_INVALID for a topic or partition that is not there.
   */
  async ranges(filter: DeadLetterFilter): Promise<readonly LetterRange[]> {
    const topics = await this.topicsOf(filter.topic);
    const ranges: LetterRange[] = [];
    for (const topic of topics) ranges.push(...(await this.rangesOf(topic, filter)));
    return ranges.filter(({ from, to }) => from < to);
  }

  /** @throws {DeadLetterNotFoundError} DEADLETTER_NOT_FOUND for a place that is not in a dead letter topic. */
  async check(position: LetterPosition): Promise<void> {
    const { topic, partition, offset } = position;
    const topics = await this.list();
    if (!topics.includes(topic)) {
      throw notFound(position, `"${topic}" is no dead letter topic; there are: ${listOf(topics)}`);
    }
    const offsets = await this.admin().offsets(topic);
    const found = offsets.get(partition);
    if (found === undefined) {
      throw notFound(position, `"${topic}" has partitions 0 to ${offsets.size - 1}`);
    }
    if (offset >= found.earliest && offset < found.end) return;
    throw notFound(position, rangeText(found.earliest, found.end));
  }

  private async topicsOf(wanted: string | undefined): Promise<readonly string[]> {
    const topics = await this.list();
    if (wanted === undefined) return topics;
    const topic = [deadLetterTopicOf(wanted), wanted].find((name) => topics.includes(name));
    if (topic !== undefined) return [topic];
    const sources = topics.map((name) => name.slice(0, -SUFFIX.length));
    throw filterInvalid(
      'topic',
      `"${wanted}" has no dead letter topic; these have: ${listOf(sources)}`,
    );
  }

  private async rangesOf(topic: string, filter: DeadLetterFilter): Promise<readonly LetterRange[]> {
    const { partition: wanted, since, offsets } = filter;
    const admin = this.admin();
    const [logs, times] = await Promise.all([
      admin.offsets(topic),
      since === undefined ? undefined : admin.offsetsAt(topic, since.getTime()),
    ]);
    if (wanted !== undefined && !logs.has(wanted)) {
      throw filterInvalid('partition', `"${topic}" has partitions 0 to ${logs.size - 1}`);
    }
    return [...logs]
      .filter(([partition]) => wanted === undefined || partition === wanted)
      .map(([partition, { earliest, end }]) => ({
        topic,
        partition,
        from: highest(earliest, times?.get(partition), offsets?.from),
        to: offsets?.to !== undefined && offsets.to < end ? offsets.to : end,
      }));
  }
}

export function notFound(
  { topic, partition, offset }: LetterPosition,
  why: string,
): DeadLetterNotFoundError {
  const where = `${topic}/${partition}@${offset}`;
  return new DeadLetterNotFoundError({ message: `no dead letter at ${where}: ${why}`, where });
}

function rangeText(earliest: Offset, end: Offset): string {
  return earliest === end
    ? 'the partition is empty'
    : `the partition has offsets ${earliest} to ${end - 1n}`;
}

function highest(first: Offset, ...others: ReadonlyArray<Offset | undefined>): Offset {
  return others.reduce<Offset>(
    (most, other) => (other !== undefined && other > most ? other : most),
    first,
  );
}

const listOf = (names: readonly string[]) => names.join(', ') || 'none';
