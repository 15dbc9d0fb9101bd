import type { Lifecycle } from 'millrace/health';
import type { KafkaDriver } from '../ports/driver';
import type { ProducerPort } from '../ports/producer';

/**
 * Holds the two producers of a process: one for events of the application, one for dead letters, so
 * that trouble with one topic does not reach the other.
 *
 * Closed after HTTP, whose handlers publish until the end, and before the client.
 */
export class Producers {
  readonly events: ProducerPort;
  readonly deadLetters: ProducerPort;

  constructor(driver: KafkaDriver, lifecycle: Lifecycle) {
    this.events = driver.producer({ name: 'events' });
    this.deadLetters = driver.producer({ name: 'dead-letters' });
    lifecycle.register({
      name: 'producers',
      order: 20,
      close: async ({ deadlineMs }) => {
        const half = { deadlineMs: deadlineMs / 2 };
        await Promise.all([this.events.flush(half), this.deadLetters.flush(half)]);
        await Promise.all([this.events.close(half), this.deadLetters.close(half)]);
      },
    });
  }
}
