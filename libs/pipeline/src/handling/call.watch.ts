import type { Clock } from 'millrace/retry';
import type { RecordResult } from '../records/outcome';
import type { HandlingScope } from '../records/record-context';
import { CallList, WatchedCall } from './watched.call';

export interface CallWatchOptions {
  /** Longest time of a call before its signal fires; unit ms. */
  readonly timeoutMs: number;
  /** How long it may go on then before it is given up; unit ms. */
  readonly graceMs: number;
  readonly clock: Clock;
  /** Called when a call takes too long; @returns the reason of its signal. */
  readonly onTimeout: () => Error;
  /** Called once for a call whose grace is over. */
  readonly giveUp: (call: WatchedCall) => void;
}

/**
 * Watches the calls of one handler with one timer.
 *
 * Promise: at `timeoutMs` the signal of a call fires, `graceMs` later it is given up; the same grace
 * runs when the lane of the call ends. The timer is armed only while there is something to look at.
 */
export class CallWatch {
  private readonly running = new CallList();
  /** Their signal fired. */
  private readonly overdue = new CallList();
  private readonly knownLanes = new WeakSet<AbortSignal>();
  private lastLane: AbortSignal | null = null;
  private cancelTimer: (() => void) | null = null;

  constructor(private readonly options: CallWatchOptions) {}

  begin(
    lane: HandlingScope,
    records: number,
    answer: (results: readonly RecordResult[]) => void,
  ): WatchedCall {
    const { clock, timeoutMs } = this.options;
    const call = new WatchedCall(lane, records, clock.monotonicMs() + timeoutMs, answer);
    if (lane.signal !== this.lastLane) this.follow(lane.signal);
    this.running.push(call);
    if (this.cancelTimer === null) this.arm(timeoutMs);
    return call;
  }

  end(call: WatchedCall): void {
    (call.hasFired ? this.overdue : this.running).remove(call);
  }

  /** Ends the timer, at shutdown. */
  dispose(): void {
    this.disarm();
  }

  /** One listener per lane, not per call: adding one costs more than everything else here. */
  private follow(lane: AbortSignal): void {
    this.lastLane = lane;
    if (this.knownLanes.has(lane)) return;
    this.knownLanes.add(lane);
    lane.addEventListener('abort', () => this.endLane(lane), { once: true });
  }

  private endLane(lane: AbortSignal): void {
    const ended = this.running.of(lane);
    for (const call of ended) this.fire(call, lane.reason);
    if (ended.length > 0) this.look();
  }

  private fire(call: WatchedCall, reason: unknown): void {
    const { clock, graceMs } = this.options;
    this.running.remove(call);
    this.overdue.push(call);
    call.dueMs = clock.monotonicMs() + graceMs;
    call.fire(reason);
  }

  private look(): void {
    this.disarm();
    const { clock, onTimeout, giveUp } = this.options;
    const nowMs = clock.monotonicMs();
    for (let call = this.running.first; isDue(call, nowMs); call = this.running.first) {
      call.isTimedOut = true;
      this.fire(call, onTimeout());
    }
    for (let call = this.overdue.first; isDue(call, nowMs); call = this.overdue.first) {
      this.overdue.remove(call);
      call.isGivenUp = true;
      giveUp(call);
    }
    const dueMs = Math.min(
      this.running.first?.dueMs ?? Infinity,
      this.overdue.first?.dueMs ?? Infinity,
    );
    if (dueMs !== Infinity) this.arm(dueMs - nowMs);
  }

  private arm(delayMs: number): void {
    this.cancelTimer = this.options.clock.setTimer(() => this.look(), delayMs);
  }

  private disarm(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
  }
}

function isDue(call: WatchedCall | null, nowMs: number): call is WatchedCall {
  return call !== null && call.dueMs <= nowMs;
}
