import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Participant } from 'millrace/health';
import type { Metrics } from 'millrace/metrics';
import type { KafkaDriver } from 'millrace/pipeline';
import type { Clock, Random } from 'millrace/retry';
import type { MongoConnection } from '../mongo.connection';
import { hasTransactions } from '../mongo.transactions';
import { OUTBOX_STATE_COLLECTION } from './outbox.document';
import { OutboxTransactionsMissingError } from './outbox.errors';
import type { LeaseDocument } from './outbox.lease';
import { OutboxLease } from './outbox.lease';
import { OutboxMetrics } from './outbox.metrics';
import type { OutboxSettings } from './outbox.options';
import { OutboxRelay } from './outbox.relay';
import { OutboxStore } from './outbox.store';

/** After Kafka and the producers; closed before them. */
const OUTBOX_ORDER = 25;

export interface OutboxParticipantParts {
  readonly settings: OutboxSettings;
  readonly connection: Pick<
    MongoConnection,
    'address' | 'collection' | 'connects' | 'startSession'
  >;
  readonly driver: Pick<KafkaDriver, 'producer'>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Takes part in the life cycle on behalf of the outbox: looks for transactions, then relays.
 *
 * While the service drains it goes on: handlers of HTTP commit until the end.
 */
export class OutboxParticipant implements Participant {
  readonly name = 'outbox';
  readonly order = OUTBOX_ORDER;
  readonly relay: OutboxRelay;

  constructor(private readonly parts: OutboxParticipantParts) {
    const { settings, connection, driver, metrics, clock, random } = parts;
    const owner = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
    const collection = () => connection.collection<LeaseDocument>(OUTBOX_STATE_COLLECTION);
    this.relay = new OutboxRelay({
      store: new OutboxStore({ connection, settings, clock }),
      lease: new OutboxLease({ collection, owner, leaseMs: settings.leaseMs, clock }),
      producer: driver.producer({ name: 'outbox' }),
      metrics: new OutboxMetrics(metrics),
      settings,
      clock,
      random,
    });
  }

  describe(): string {
    return `transactions on mongo ${this.parts.connection.address}`;
  }

  /** @throws {OutboxTransactionsMissingError} OUTBOX_TRANSACTIONS_MISSING. */
  async connect(): Promise<void> {
    const { connection, clock, settings } = this.parts;
    if (!connection.connects) return;
    if (!(await hasTransactions(connection, OUTBOX_STATE_COLLECTION, clock))) {
      throw new OutboxTransactionsMissingError({ where: connection.address });
    }
    if (settings.relays) this.relay.start();
  }

  async close(options: { readonly deadlineMs: number }): Promise<void> {
    await this.relay.stop(options);
  }
}
