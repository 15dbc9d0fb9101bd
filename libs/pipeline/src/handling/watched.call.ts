import type { RecordResult } from '../records/outcome';
import type { HandlingScope } from '../records/record-context';

/**
 * A call of a handler that has not answered yet, and the scope that the handler gets: that of its
 * lane, with a signal of its own.
 *
 * The signal is made when somebody asks for it, because most handlers never do.
 */
export class WatchedCall implements HandlingScope {
  readonly topic: string;
  readonly partition: number;
  readonly groupId: string;
  /** Its signal fired because of the time, not because its lane ended. */
  isTimedOut = false;
  isGivenUp = false;
  /** Neighbours in the list that the watch keeps it in. */
  before: WatchedCall | null = null;
  after: WatchedCall | null = null;
  private controller: AbortController | null = null;
  private fired: { readonly reason: unknown } | null = null;

  constructor(
    readonly lane: HandlingScope,
    readonly records: number,
    /** When its signal fires; then: when it is given up. */
    public dueMs: number,
    readonly answer: (results: readonly RecordResult[]) => void,
  ) {
    this.topic = lane.topic;
    this.partition = lane.partition;
    this.groupId = lane.groupId;
  }

  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (this.fired !== null) this.controller.abort(this.fired.reason);
    }
    return this.controller.signal;
  }

  get hasFired(): boolean {
    return this.fired !== null;
  }

  /** Fires the signal; the first reason stays. */
  fire(reason: unknown): void {
    this.fired ??= { reason };
    this.controller?.abort(reason);
  }
}

/** Calls in the order in which they fall due; linked, because a Set costs more than all the rest. */
export class CallList {
  private head: WatchedCall | null = null;
  private tail: WatchedCall | null = null;

  get first(): WatchedCall | null {
    return this.head;
  }

  push(call: WatchedCall): void {
    call.before = this.tail;
    call.after = null;
    if (this.tail === null) this.head = call;
    else this.tail.after = call;
    this.tail = call;
  }

  remove(call: WatchedCall): void {
    const { before, after } = call;
    if (before === null) this.head = after;
    else before.after = after;
    if (after === null) this.tail = before;
    else after.before = before;
    call.before = null;
    call.after = null;
  }

  of(lane: AbortSignal): readonly WatchedCall[] {
    const calls: WatchedCall[] = [];
    for (let call = this.head; call !== null; call = call.after) {
      if (call.lane.signal === lane) calls.push(call);
    }
    return calls;
  }
}
