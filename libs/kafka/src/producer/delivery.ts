import type { CompressionTypes } from 'kafkajs';
import { sleep } from 'millrace/retry';
import type { Clock } from 'millrace/retry';
import { KafkaTopicMissingError, KafkaUnavailableError } from '../errors/connection.errors';
import { RecordRefusedError, RecordTooLargeError } from '../errors/publish.errors';
import { translateError } from '../kafka.translation';
import { ACKS_ALL, PRODUCE_TIMEOUT_MS } from '../kafkajs.settings';
import { settlesWithin } from '../within';
import type { TopicBatch } from './linger.batcher';
import type { PendingRecord } from './pending-record';
import { settleAnswered } from './produce.answer';
import type { ProducerSession } from './producer.session';
import type { TopicFacts, TopicLookup } from './topic.directory';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
const LOOK_AFTER_MS = 2_000;
const STUCK_AFTER_MS = 65_000;

export interface DeliveryOptions {
  readonly session: Pick<ProducerSession, 'discard' | 'ready' | 'send'>;
  readonly topics: TopicLookup;
  readonly clock: Clock;
  readonly compression: CompressionTypes;
  /** Called when a send failed and is tried again. */
  readonly onRetry: (error: Error) => void;
}

/**
 * Brings batches to the brokers, one at a time, until each record is answered or given up.
 *
 * Promises: a record is settled as acked only after its own partition answered; a record that may
 * be in the log is never settled as failed; the order of a partition is kept.
 */
export class Delivery {
  /** True while nobody knows which partitions took the last send. */
  private isInDoubt = false;

  constructor(private readonly options: DeliveryOptions) {}

  /** Never rejects; returns when every record is settled. */
  async deliver({ topic, records }: TopicBatch): Promise<void> {
    let rest = live(records);
    for (let pauseMs = 0; rest.length > 0; rest = live(rest)) {
      if (pauseMs > 0) await sleep(this.options.clock, pauseMs);
      try {
        const owed = await this.attempt(topic, rest);
        // A moved leader: the same records with the same sequence numbers, at once. When some of
        // them are no longer wanted the numbers would stand for other records.
        if (live(owed).length < owed.length) this.options.session.discard();
        pauseMs = owed.length < rest.length ? 0 : next(pauseMs);
        rest = owed;
      } catch (error) {
        if (await this.react(topic, rest, error)) return;
        pauseMs = next(pauseMs);
      }
    }
  }

  /** @returns the records whose partition has not answered. */
  private async attempt(
    topic: string,
    records: readonly PendingRecord[],
  ): Promise<readonly PendingRecord[]> {
    const facts = await this.options.topics.factsOf(topic);
    const sendable = refuseImpossible(records, facts);
    if (sendable.length === 0) return [];
    await this.options.session.ready();
    const sent = live(sendable);
    if (sent.length === 0) return [];
    for (const record of sent) record.handOver();
    this.isInDoubt = true;
    const sending = this.options.session.send({
      topic,
      messages: sent.map(({ message }) => message),
      acks: ACKS_ALL,
      timeout: PRODUCE_TIMEOUT_MS,
      compression: this.options.compression,
    });
    await this.watch(topic, sending);
    const answers = await sending;
    this.isInDoubt = false;
    return settleAnswered(topic, sent, answers);
  }

  /** kafkajs repeats a send without end: looks from time to time whether it still can succeed. */
  private async watch(topic: string, sending: Promise<unknown>): Promise<void> {
    const { clock, topics } = this.options;
    const stuckAtMs = clock.monotonicMs() + STUCK_AFTER_MS;
    while (!(await settlesWithin(clock, LOOK_AFTER_MS, sending))) {
      const found = await topics.refresh(topic).catch((error: unknown) => error);
      if (found instanceof KafkaTopicMissingError) throw found;
      if (clock.monotonicMs() >= stuckAtMs) {
        throw new KafkaUnavailableError({ message: 'a send did not end', where: `topic ${topic}` });
      }
    }
  }

  /** @returns true when nothing is left to be tried. */
  private async react(
    topic: string,
    records: readonly PendingRecord[],
    vendorError: unknown,
  ): Promise<boolean> {
    const error = translateError(vendorError, `topic ${topic}`);
    if (this.isInDoubt) this.options.session.discard();
    this.isInDoubt = false;
    if (error.failure === 'permanent') {
      if (records.length > 1) await this.deliverInHalves(topic, live(records));
      else records[0]?.settle({ status: 'failed', error });
      return true;
    }
    if (error.failure !== 'infrastructure') {
      // An earlier attempt may have written it.
      for (const record of records) {
        record.settle({ status: record.handOvers > 1 ? 'unknown' : 'failed', error });
      }
      return true;
    }
    this.options.onRetry(error);
    return false;
  }

  /** The batch is refused for its size, or for one of its records: the halves tell. */
  private async deliverInHalves(topic: string, records: readonly PendingRecord[]): Promise<void> {
    const middle = Math.ceil(records.length / 2);
    await this.deliver({ topic, records: records.slice(0, middle) });
    await this.deliver({ topic, records: records.slice(middle) });
  }
}

/** Settles what the topic cannot take; @returns the rest. */
function refuseImpossible(
  records: readonly PendingRecord[],
  { partitions, maxMessageBytes }: TopicFacts,
): readonly PendingRecord[] {
  return records.filter((record) => {
    const { topic, bytes, message } = record;
    if (bytes > maxMessageBytes) {
      const text = `a record of ${bytes} bytes is larger than the ${maxMessageBytes} bytes of the topic`;
      const error = new RecordTooLargeError({ message: text, where: `topic ${topic}` });
      record.settle({ status: 'failed', error });
      return false;
    }
    if (message.partition !== undefined && message.partition >= partitions) {
      const text = `partition ${message.partition} does not exist, the topic has ${partitions}`;
      const error = new RecordRefusedError({ message: text, where: `topic ${topic}` });
      record.settle({ status: 'failed', error });
      return false;
    }
    return true;
  });
}

function live(records: readonly PendingRecord[]): readonly PendingRecord[] {
  return records.some(({ isSettled }) => isSettled)
    ? records.filter(({ isSettled }) => !isSettled)
    : records;
}

function next(pauseMs: number): number {
  return pauseMs === 0 ? FIRST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
}
