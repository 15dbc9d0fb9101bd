import { Logger } from '@nestjs/common';
import type { ConsumerEvents, ConsumerListener } from 'millrace/pipeline';

type Event = keyof ConsumerEvents;

/** The listeners of one consumer. One that throws is logged and keeps nobody else from hearing. */
export class ConsumerListeners {
  private readonly logger = new Logger('Kafka');
  private readonly byEvent = new Map<Event, Set<ConsumerListener<Event>>>();

  add<E extends Event>(event: E, listener: ConsumerListener<E>): () => void {
    const listeners = this.byEvent.get(event) ?? new Set();
    this.byEvent.set(event, listeners);
    // A listener is only ever called with the payload of the event it was added for.
    const stored = listener as ConsumerListener<Event>;
    listeners.add(stored);
    return () => listeners.delete(stored);
  }

  /** Calls each listener at once; resolves when the slowest has answered. Never rejects. */
  async emit<E extends Event>(event: E, payload: ConsumerEvents[E]): Promise<void> {
    const listeners = this.byEvent.get(event);
    if (listeners === undefined || listeners.size === 0) return;
    await Promise.all([...listeners].map((listener) => this.call(event, listener, payload)));
  }

  private async call(
    event: Event,
    listener: ConsumerListener<Event>,
    payload: ConsumerEvents[Event],
  ): Promise<void> {
    try {
      await listener(payload);
    } catch (error) {
      this.logger.error(
        { event: 'kafka.listener.failed', listener: event, err: error },
        `a listener of ${event} failed`,
      );
    }
  }
}
