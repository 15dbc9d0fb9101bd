import type { Producer, ProducerRecord, RecordMetadata } from 'kafkajs';
import type { Clock, Random } from 'millrace/retry';
import { registerCodecs } from '../codecs/register-codecs';
import { KafkaUnavailableError } from '../errors/connection.errors';
import type { BrokerContact } from '../kafka.contact';
import type { KafkaOptions } from '../kafka.options';
import type { ClientHandle, ClientSource } from '../kafkajs.client';
import { producerConfig } from '../kafkajs.settings';
import { settlesWithin, within } from '../within';
import { rememberingPartitioner } from './partitioner';

const CONNECT_DEADLINE_MS = 15_000;

interface OpenProducer {
  readonly handle: ClientHandle;
  readonly producer: Producer;
}

/**
 * One idempotent producer of the client at a time, rebuilt when its state is in doubt.
 *
 * After a send that failed nobody knows which partitions took it, and kafkajs has taken the
 * sequence numbers back: the next batch could carry the number of one that is in the log, and the
 * broker would acknowledge it as a repeat without writing it. A new producer id rules that out.
 */
export class ProducerSession {
  private current: Promise<OpenProducer> | null = null;
  private isClosed = false;
  /** Producers built so far. */
  builds = 0;

  constructor(
    private readonly source: ClientSource,
    private readonly options: KafkaOptions,
    private readonly contact: BrokerContact,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** @throws {KafkaUnavailableError} KAFKA_UNAVAILABLE when no broker let us in; retryable: yes. */
  async ready(): Promise<void> {
    await this.opened();
  }

  async send(record: ProducerRecord): Promise<readonly RecordMetadata[]> {
    const { producer } = await this.opened();
    return producer.send(record);
  }

  /** Gives the producer up; a send under way is rejected. */
  discard(): void {
    const { current } = this;
    this.current = null;
    current?.then(
      ({ handle, producer }) => {
        handle.sockets.close();
        producer.disconnect().catch(() => undefined);
      },
      () => undefined,
    );
  }

  async close(deadlineMs: number): Promise<void> {
    this.isClosed = true;
    const { current } = this;
    if (current !== null) {
      const leaving = current.then(({ producer }) => producer.disconnect());
      const isClean = await settlesWithin(this.clock, deadlineMs, leaving);
      current.then(
        ({ handle }) => handle.sockets.close(isClean),
        () => undefined,
      );
    }
    this.current = null;
  }

  private opened(): Promise<OpenProducer> {
    if (this.isClosed) {
      return Promise.reject(new KafkaUnavailableError({ message: 'the publisher is closed' }));
    }
    if (this.current === null) {
      const opening = this.open();
      this.current = opening;
      opening.catch(() => {
        if (this.current === opening) this.current = null;
      });
    }
    return this.current;
  }

  private async open(): Promise<OpenProducer> {
    this.builds += 1;
    await registerCodecs();
    const handle = this.source.open('producer');
    const producer = handle.client.producer({
      ...producerConfig(this.options.consumer),
      createPartitioner: rememberingPartitioner(this.random),
    });
    producer.on(producer.events.REQUEST, () => this.contact.succeeded());
    try {
      await within(
        this.clock,
        CONNECT_DEADLINE_MS,
        producer.connect(),
        () => new KafkaUnavailableError(),
      );
      return { handle, producer };
    } catch (error) {
      this.contact.failed();
      handle.sockets.close();
      throw error;
    }
  }
}
