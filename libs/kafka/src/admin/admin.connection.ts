import { KafkaUnavailableError } from '../errors/connection.errors';
import type { BrokerContact } from '../kafka.contact';
import { translateError } from '../kafka.translation';
import type { ClientHandle, ClientSource } from '../kafkajs.client';
import { adminConfig } from '../kafkajs.settings';
import { settlesWithin, within } from '../within';
import type { Admin } from 'kafkajs';
import type { Clock } from 'millrace/retry';

interface OpenAdmin {
  readonly handle: ClientHandle;
  readonly admin: Admin;
}

const DEFAULT_DEADLINE_MS = 15_000;
const ATTEMPTS = 2;
const LINGERING_MS = 5_000;

/**
 * The one admin connection of a driver, opened when it is needed and kept.
 *
 * A call that fails gives the connection up: kafkajs does not recover from a deleted topic or from
 * lost brokers by itself. Every call ends within its deadline.
 */
export class AdminConnection {
  private current: Promise<OpenAdmin> | null = null;
  private readonly lingering = new Set<ClientHandle>();
  private isClosed = false;

  constructor(
    private readonly source: ClientSource,
    private readonly contact: BrokerContact,
    private readonly clock: Clock,
  ) {}

  /**
   * Calls the cluster; a second attempt is made when the first met an outage.
   *
   * @param what - for the error; example `offsets of topic orders`.
   * @throws {MillraceError} translated; KAFKA_UNAVAILABLE when the deadline passed.
   */
  async run<T>(
    what: string,
    call: (admin: Admin, client: object) => Promise<T>,
    deadlineMs: number = DEFAULT_DEADLINE_MS,
  ): Promise<T> {
    const attempts = this.attempt(what, call, ATTEMPTS);
    return within(this.clock, deadlineMs, attempts, () => {
      this.giveUp();
      this.contact.failed();
      return new KafkaUnavailableError({
        message: `no Kafka broker answered within ${deadlineMs} ms`,
        where: what,
      });
    });
  }

  async close(deadlineMs: number): Promise<void> {
    this.isClosed = true;
    const { current } = this;
    this.current = null;
    if (current !== null) {
      const leaving = current.then(({ admin }) => admin.disconnect());
      await settlesWithin(this.clock, deadlineMs, leaving);
      await settlesWithin(
        this.clock,
        0,
        current.then(({ handle }) => handle.sockets.close()),
      );
    }
    for (const handle of this.lingering) handle.sockets.close();
    this.lingering.clear();
  }

  private async attempt<T>(
    what: string,
    call: (admin: Admin, client: object) => Promise<T>,
    attemptsLeft: number,
  ): Promise<T> {
    try {
      const { admin, handle } = await this.connected();
      const answer = await call(admin, handle.client);
      this.contact.succeeded();
      return answer;
    } catch (vendorError) {
      const error = translateError(vendorError, what);
      this.giveUp();
      if (error.failure !== 'infrastructure') {
        this.contact.succeeded();
        throw error;
      }
      this.contact.failed();
      if (attemptsLeft <= 1 || this.isClosed) throw error;
      return this.attempt(what, call, attemptsLeft - 1);
    }
  }

  private connected(): Promise<OpenAdmin> {
    if (this.isClosed) throw new KafkaUnavailableError({ message: 'the driver is closed' });
    this.current ??= this.open();
    return this.current;
  }

  private async open(): Promise<OpenAdmin> {
    const handle = this.source.open('admin');
    const admin = handle.client.admin(adminConfig());
    this.lingering.add(handle);
    try {
      await admin.connect();
      this.lingering.delete(handle);
      return { handle, admin };
    } catch (error) {
      handle.sockets.close();
      this.lingering.delete(handle);
      throw error;
    }
  }

  /** Other calls may still be under way on the old connection: it closes behind them. */
  private giveUp(): void {
    const { current } = this;
    this.current = null;
    if (current === null) return;
    void current.then(
      async ({ admin, handle }) => {
        this.lingering.add(handle);
        handle.sockets.close(await settlesWithin(this.clock, LINGERING_MS, admin.disconnect()));
        this.lingering.delete(handle);
      },
      () => undefined,
    );
  }
}
