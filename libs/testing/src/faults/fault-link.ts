import type { Socket } from 'node:net';
import type { Clock } from 'millrace/retry';

/** What a direction does to its bytes now; read for each chunk, so that it can change at run time. */
export interface LinkState {
  readonly isSwallowing: boolean;
  readonly delayMs: number;
  readonly bytesPerSecond: number;
}

export interface FaultLinkParts {
  readonly from: Socket;
  readonly to: Socket;
  readonly clock: Clock;
  readonly state: () => LinkState;
  /** Changes what passes; default: nothing. */
  readonly rewrite?: (bytes: Buffer) => readonly Buffer[];
}

/** More than this is not taken from the sender before some of it has arrived; unit bytes. */
const WINDOW_BYTES = 256 * 1024;

/**
 * One direction of a connection: passes bytes on in order, later, slowly or not at all.
 *
 * A slow direction takes no more than its window, so the sender feels the back pressure.
 */
export class FaultLink {
  /** Whether bytes are gone that no retransmission will bring: the connection cannot go on. */
  hasLost = false;
  /** How many bytes were taken and not passed on. */
  lostBytes = 0;
  private waitingBytes = 0;
  private freeAtMs = 0;
  private isEnding = false;
  private readonly timers = new Set<() => void>();

  constructor(private readonly parts: FaultLinkParts) {
    const { from, to } = parts;
    from.on('data', (bytes: Buffer) => this.take(bytes));
    from.on('end', () => this.end());
    to.on('drain', () => this.resumeWhenFree());
  }

  /** Nothing that waits will arrive. */
  stop(): void {
    for (const cancel of this.timers) cancel();
    this.timers.clear();
  }

  private take(bytes: Buffer): void {
    if (this.parts.state().isSwallowing) {
      this.hasLost = true;
      this.lostBytes += bytes.length;
      return;
    }
    for (const part of this.rewritten(bytes)) this.pass(part);
  }

  private rewritten(bytes: Buffer): readonly Buffer[] {
    try {
      return this.parts.rewrite?.(bytes) ?? [bytes];
    } catch (error) {
      // Bytes that cannot be read must not pass unseen.
      this.parts.from.destroy(error as Error);
      return [];
    }
  }

  private pass(bytes: Buffer): void {
    const waitMs = this.waitMsOf(bytes.length);
    if (waitMs <= 0 && this.waitingBytes === 0) {
      this.write(bytes);
      return;
    }
    this.waitingBytes += bytes.length;
    if (this.waitingBytes >= WINDOW_BYTES) this.parts.from.pause();
    this.later(waitMs, () => {
      this.waitingBytes -= bytes.length;
      this.write(bytes);
      if (this.isEnding && this.waitingBytes === 0) this.parts.to.end();
    });
  }

  /** Bytes never overtake: each chunk waits at least for the one before. */
  private waitMsOf(length: number): number {
    const { delayMs, bytesPerSecond } = this.parts.state();
    const nowMs = this.parts.clock.monotonicMs();
    const sendMs = Number.isFinite(bytesPerSecond) ? (length / bytesPerSecond) * 1_000 : 0;
    this.freeAtMs = Math.max(nowMs + delayMs, this.freeAtMs) + sendMs;
    return this.freeAtMs - nowMs;
  }

  private write(bytes: Buffer): void {
    const { from, to } = this.parts;
    if (to.destroyed) return;
    if (!to.write(bytes)) from.pause();
    else this.resumeWhenFree();
  }

  private resumeWhenFree(): void {
    if (this.waitingBytes < WINDOW_BYTES && !this.parts.to.writableNeedDrain) {
      this.parts.from.resume();
    }
  }

  /** The other side learns of the end after the last byte; over a dead line it never does. */
  private end(): void {
    this.isEnding = true;
    if (this.parts.state().isSwallowing) this.hasLost = true;
    else if (this.waitingBytes === 0) this.parts.to.end();
  }

  private later(waitMs: number, then: () => void): void {
    const cancel = this.parts.clock.setTimer(() => {
      this.timers.delete(cancel);
      then();
    }, waitMs);
    this.timers.add(cancel);
  }
}
