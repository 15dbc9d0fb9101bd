import type { ConsumerEvents, ConsumerListener } from 'millrace/pipeline';

type AnyListener = (payload: never) => void | Promise<void>;

/** Calls the listeners of one consumer. A listener that fails is no failure of the consumer. */
export class EventListeners {
  private readonly byEvent = new Map<keyof ConsumerEvents, Set<AnyListener>>();

  add<E extends keyof ConsumerEvents>(event: E, listener: ConsumerListener<E>): () => void {
    const listeners = this.byEvent.get(event) ?? new Set<AnyListener>();
    this.byEvent.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Every listener is called at once; resolves when all are done. Never rejects. */
  async emit<E extends keyof ConsumerEvents>(event: E, payload: ConsumerEvents[E]): Promise<void> {
    const listeners = [...(this.byEvent.get(event) ?? [])] as ConsumerListener<E>[];
    await Promise.allSettled(
      listeners.map(async (listener) => {
        await listener(payload);
      }),
    );
  }
}
