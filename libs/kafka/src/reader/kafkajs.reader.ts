import { Logger } from '@nestjs/common';
import type {
  FetchedBatch,
  Offset,
  ReaderPort,
  ReadLimits,
  TopicPartition,
} from 'millrace/pipeline';
import { sleep } from 'millrace/retry';
import type { Clock } from 'millrace/retry';
import { KafkaTopicMissingError, KafkaUnavailableError } from '../errors/connection.errors';
import type { BrokerContact } from '../kafka.contact';
import { translateError } from '../kafka.translation';
import { vendorFactsOf } from '../kafkajs.error-facts';
import type { OwnClusterInternals } from '../kafkajs.internals';
import { within } from '../within';
import { fetchPartition, fetchRange } from './partition.fetch';
import type { ReaderConnection } from './reader.connection';

/** How long one read may go on beside its wait at the end of the log; unit ms. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 200;
/** A topic may have been made a moment ago; unit attempts. */
const MISSING_ATTEMPTS = 3;
/** So often the same bytes are asked for before they count as undecodable; see FetchDecoder. */
const UNREAD_FETCHES = 3;
/** Nobody fetches nothing; unit bytes. */
const MIN_BYTES = 1_024;

/** The metadata is old, or the partition has no leader for a moment. */
const MOVED: readonly string[] = [
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
];

export interface KafkajsReaderParts {
  readonly connection: ReaderConnection;
  readonly contact: BrokerContact;
  readonly clock: Clock;
  readonly rackId: string;
  readonly onClosed: () => void;
}

type Position = TopicPartition & { readonly offset: Offset };

/**
 * Reads partitions with fetches of its own, through the decoder and the limits of the consumers.
 *
 * Promises: no group is joined or made; a moved leader is found again; every read ends at most 10 s
 * after its `maxWaitMs`.
 */
export class KafkajsReader implements ReaderPort {
  private readonly logger = new Logger('Kafka');

  constructor(private readonly parts: KafkajsReaderParts) {}

  async read(from: Position, limits: ReadLimits): Promise<FetchedBatch> {
    const { clock, contact } = this.parts;
    const ended = new AbortController();
    const { signal } = ended;
    const unfollow = follow(ended, limits.signal);
    const reading = untilAborted(signal, this.readOn(from, { ...limits, signal }));
    const where = placeOf(from);
    try {
      return await within(clock, limits.maxWaitMs + PATIENCE_MS, reading, () => {
        contact.failed();
        const message = `no Kafka broker answered within ${PATIENCE_MS} ms`;
        return new KafkaUnavailableError({ message, where });
      });
    } finally {
      unfollow();
      // What still goes on behind a deadline ends with it.
      ended.abort(new KafkaUnavailableError({ message: 'the read is over', where }));
    }
  }

  async close({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.parts.onClosed();
    await this.parts.connection.close(deadlineMs);
  }

  private async readOn(
    from: Position,
    limits: ReadLimits & { readonly signal: AbortSignal },
  ): Promise<FetchedBatch> {
    const { connection, contact, clock } = this.parts;
    const endsAtMs = clock.monotonicMs() + PATIENCE_MS;
    for (let attempt = 1; ; attempt += 1) {
      let cluster: OwnClusterInternals | null = null;
      try {
        cluster = await connection.cluster();
        const batch = await this.fetch(cluster, from, limits);
        contact.succeeded();
        return batch;
      } catch (vendorError) {
        limits.signal.throwIfAborted();
        await this.recover(vendorError, { cluster, from, attempt });
        if (clock.monotonicMs() >= endsAtMs) throw translateError(vendorError, placeOf(from));
        await sleep(clock, RETRY_MS, limits.signal);
      }
    }
  }

  /** One answer, from the first offset that is there. */
  private async fetch(
    cluster: OwnClusterInternals,
    from: Position,
    { maxBytes, maxWaitMs }: ReadLimits,
  ): Promise<FetchedBatch> {
    const limits = {
      maxBytes: Math.max(MIN_BYTES, maxBytes),
      maxWaitMs,
      rackId: this.parts.rackId,
    };
    try {
      for (let fetches = 1; ; fetches += 1) {
        const { batch, isUnread } = await fetchPartition(cluster, { ...from, ...limits });
        if (!isUnread || fetches >= UNREAD_FETCHES) return batch;
      }
    } catch (error) {
      if (vendorFactsOf(error).protocolError !== 'OFFSET_OUT_OF_RANGE') throw error;
      const { earliest, end } = await fetchRange(cluster, from);
      const { topic, partition, offset } = from;
      if (offset < earliest) return this.fetch(cluster, { ...from, offset: earliest }, limits);
      return { topic, partition, records: [], nextOffset: offset, highWatermark: end, bytes: 0 };
    }
  }

  /** Makes ready for another attempt. @throws {MillraceError} when another one would not help. */
  private async recover(
    vendorError: unknown,
    last: {
      readonly cluster: OwnClusterInternals | null;
      readonly from: Position;
      readonly attempt: number;
    },
  ): Promise<void> {
    const { connection, contact } = this.parts;
    const { cluster, from, attempt } = last;
    const { protocolError = '' } = vendorFactsOf(vendorError);
    const error = translateError(vendorError, placeOf(from));
    this.logger.debug(
      { event: 'kafka.read.failed', where: placeOf(from), code: error.code, attempt },
      `a read of ${placeOf(from)} failed: ${error.message}`,
    );
    if (cluster !== null && MOVED.includes(protocolError)) {
      await cluster.refreshMetadata().catch(() => connection.giveUp(cluster));
      return;
    }
    await connection.giveUp(cluster);
    if (error instanceof KafkaTopicMissingError && attempt < MISSING_ATTEMPTS) return;
    if (error.failure !== 'infrastructure' || connection.isClosed) throw error;
    contact.failed();
  }
}

const placeOf = ({ topic, partition, offset }: Position) => `${topic}/${partition}@${offset}`;

/** Fires with the other signal. AbortSignal.any would stay with one that lives long. */
function follow(follower: AbortController, leader: AbortSignal | undefined): () => void {
  leader?.throwIfAborted();
  const fire = (): void => follower.abort(leader?.reason);
  leader?.addEventListener('abort', fire, { once: true });
  return () => leader?.removeEventListener('abort', fire);
}

/** Rejects with the reason of the signal when it fires first; the promise itself goes on. */
async function untilAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  aborted.catch(() => undefined);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    promise.catch(() => undefined);
    signal.removeEventListener('abort', stop);
  }
}
