import type { Socket } from 'node:net';
import { FrameCount } from './frame.count';

const OF_KAFKAJS = ['data', 'end', 'error', 'timeout'] as const;

/**
 * One connection to a broker: knows whether an answer is awaited on it, and can leave in between.
 *
 * Promise: `leave` ends it after an answer and before the next request, so that no request is cut.
 */
export class BrokerConnection {
  private readonly frames = new FrameCount();
  private awaited = 0;
  private onAnswered: (() => void) | null = null;

  /** @param openedAtMs - on the monotonic clock. */
  constructor(
    readonly socket: Socket,
    readonly openedAtMs: number,
  ) {
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
    // kafkajs writes each request in one call.
    socket.write = (...args: unknown[]) => {
      this.awaited += 1;
      return write(...args);
    };
    // Before kafkajs listens: nothing has been asked yet.
    socket.on('data', (chunk: Buffer) => this.answered(this.frames.ended(chunk)));
    socket.once('close', () => this.finish());
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  /** Requests without an answer. */
  get awaitedCount(): number {
    return this.awaited;
  }

  /**
   * Ends the connection as soon as no answer is awaited; kafkajs opens another at its next request.
   *
   * @param signal - fires when it has waited long enough: then it is cut, and kafkajs asks again.
   * @returns true when nothing was cut.
   */
  leave(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const giveUp = () => {
        this.onAnswered = null;
        this.socket.destroy(new Error('this connection is replaced by a new one'));
        resolve(false);
      };
      this.onAnswered = () => {
        this.onAnswered = null;
        signal.removeEventListener('abort', giveUp);
        if (this.isOpen) this.handOver();
        resolve(true);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      if (!this.isOpen) this.finish();
      else if (this.awaited === 0) setImmediate(() => this.awaited === 0 && this.finish());
    });
  }

  private answered(count: number): void {
    this.awaited = Math.max(0, this.awaited - count);
    // kafkajs gets the answer after this listener, and its next request comes later than the next tick.
    if (this.awaited === 0 && this.onAnswered !== null) process.nextTick(() => this.finish());
  }

  private finish(): void {
    this.onAnswered?.();
  }

  /**
   * kafkajs is told what it would be told of a broker that closes, and then nothing more: one of its
   * connections outlives its sockets, and a late end of this one would end the next.
   */
  private handOver(): void {
    this.socket.emit('end');
    for (const event of OF_KAFKAJS) this.socket.removeAllListeners(event);
    this.socket.on('error', () => undefined);
    this.socket.destroySoon();
  }
}
