import type { Contract, ContractIdentity } from 'millrace/contracts';
import { prepareEvent } from 'millrace/pipeline';
import type { OutgoingRecord } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import { ObjectId } from 'mongodb';
import type { ClientSession } from 'mongodb';
import type { TransactionConnection } from '../mongo.transactions';
import { TRANSACTION_OPTIONS } from '../mongo.transactions';
import {
  OUTBOX_COLLECTION,
  OUTBOX_STATE_COLLECTION,
  bytesOf,
  storedRecord,
} from './outbox.document';
import type { OutboxDocument } from './outbox.document';
import {
  OutboxContractMissingError,
  OutboxEventTooLargeError,
  OutboxSessionInvalidError,
} from './outbox.errors';
import { keyOrderId, looseOrder, nextOrder } from './outbox.order';
import type { KeyOrderDocument } from './outbox.order';

/** Options of {@link Outbox.publish}. */
export interface OutboxPublishOptions {
  /** A session inside of a transaction. */
  readonly session: ClientSession;
  /** Idempotency id; default a UUIDv7. Publishing again with the same id is the same event. */
  readonly eventId?: string;
  /** Kafka's record timestamp; unit ms since the Unix epoch; default now. */
  readonly timestampMs?: number;
}

export interface OutboxParts {
  readonly connection: TransactionConnection;
  /** Becomes `ce_source`. */
  readonly source: string;
  readonly publishes: readonly ContractIdentity[];
  /** Called when a transaction with events may have been committed. */
  readonly wake: () => void;
  readonly clock: Clock;
}

/** Largest record; a document of MongoDB takes 16 MiB with everything around it; unit bytes. */
const MAX_EVENT_BYTES = 15 * 1_048_576;

/**
 * Publishes events as part of a transaction of MongoDB: both happen, or neither.
 *
 * Promises: an event is in Kafka at least once, with the same event id each time, after its
 * transaction has committed; one of an aborted transaction never is. Events of one key come in the
 * order in which their transactions committed; those of one transaction in the order of the calls.
 *
 * @example
 * await outbox.transaction(async (session) => {
 *   await orders.insertOne(order, { session });
 *   await outbox.publish(OrderPlaced, order, { session });
 * });
 */
export class Outbox {
  private readonly heard = new WeakSet<ClientSession>();

  constructor(private readonly parts: OutboxParts) {}

  /**
   * Puts an event into the outbox, inside of the transaction of the session.
   *
   * Transactions with events of one key wait for each other: one of two that overlap is refused with
   * the label TransientTransactionError and has to begin again, as `transaction` does.
   *
   * @throws {ContractInvalidError} CONTRACT_INVALID with every bad field in `facts.issues`; retryable: no.
   * @throws {EventIdInvalidError} EVENT_ID_INVALID; retryable: no.
   * @throws {OutboxSessionInvalidError} OUTBOX_SESSION_INVALID without a transaction; retryable: no.
   * @throws {OutboxContractMissingError} OUTBOX_CONTRACT_MISSING; retryable: no.
   * @throws {OutboxEventTooLargeError} OUTBOX_EVENT_TOO_LARGE above 15 MiB; retryable: no.
   * @throws errors of the driver as they are: their labels say whether the transaction may begin again.
   */
  async publish<Event>(
    contract: Contract<Event>,
    event: Event,
    { session, ...rest }: OutboxPublishOptions,
  ): Promise<{ readonly eventId: string }> {
    this.refuse(contract, session);
    const { source, clock } = this.parts;
    const nowMs = clock.now();
    const prepared = prepareEvent(contract, { event, ...rest }, { source, nowMs });
    if ('error' in prepared) throw prepared.error;
    await this.store(prepared.record, prepared.eventId, nowMs, session);
    this.wakeAfter(session);
    return { eventId: prepared.eventId };
  }

  /**
   * Runs a transaction that is durable by a majority, again from its begin where MongoDB asks for it.
   *
   * @param work - may be called several times; everything that it writes takes the session.
   * @returns what the last call of `work` answered.
   */
  async transaction<T>(work: (session: ClientSession) => Promise<T>): Promise<T> {
    const session = this.parts.connection.startSession();
    try {
      return await session.withTransaction(work, TRANSACTION_OPTIONS);
    } finally {
      await session.endSession();
    }
  }

  private async store(
    record: OutgoingRecord,
    eventId: string,
    nowMs: number,
    session: ClientSession,
  ): Promise<void> {
    const { connection } = this.parts;
    const stored = storedRecord(record, nowMs);
    const bytes = bytesOf(stored);
    if (bytes > MAX_EVENT_BYTES) {
      const message = `an event of ${bytes} bytes for topic ${record.topic}`;
      throw new OutboxEventTooLargeError({ message });
    }
    const orders = connection.collection<KeyOrderDocument>(OUTBOX_STATE_COLLECTION, session);
    const order =
      record.key === null
        ? looseOrder(nowMs)
        : await nextOrder(orders, keyOrderId(record.topic, record.key), nowMs, session);
    const document: OutboxDocument = {
      ...{ _id: new ObjectId(), state: 'pending', order, eventId },
      ...stored,
      createdAt: new Date(nowMs),
    };
    const events = connection.collection<OutboxDocument>(OUTBOX_COLLECTION, session);
    await events.insertOne(document, { session });
  }

  private refuse(contract: Contract<never> | ContractIdentity, session: ClientSession): void {
    // Also callers without types: nothing may be stored beside a transaction.
    if ((session as ClientSession | undefined)?.inTransaction() !== true) {
      throw new OutboxSessionInvalidError();
    }
    if (this.parts.publishes.some((known) => known.name === contract.name)) return;
    throw new OutboxContractMissingError({
      message: `the outbox does not publish "${contract.name}"`,
      where: contract.name,
    });
  }

  /** Sessions say when they end, not when they commit; the poll finds what goes on for longer. */
  private wakeAfter(session: ClientSession): void {
    if (this.heard.has(session)) return;
    this.heard.add(session);
    session.once('ended', () => this.parts.wake());
  }
}
