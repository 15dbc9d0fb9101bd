import type { ServerResponse } from 'node:http';
import type { KnownUser } from '../access/sessions';
import { SAFETY_HEADERS } from '../http/answer';
import type { StateHistory } from './state-history';

/** Ends a stream whose reader takes nothing for so many looks at the state. */
const MAX_STALLED = 60;
const HEARTBEAT = ': heartbeat\n\n';

/**
 * One reader of events.
 *
 * Promise: for a reader who is too slow nothing is kept; he gets the whole state when he can take it.
 */
export class EventStream {
  /** Sequence that he has; null = he needs the snapshot. */
  private has: number | null = null;
  private isStalled = false;
  private stalledFor = 0;

  constructor(
    readonly user: KnownUser,
    private readonly response: ServerResponse,
  ) {}

  begin(history: StateHistory, lastEventId: string | null): void {
    this.response.writeHead(200, {
      ...SAFETY_HEADERS,
      'Content-Type': 'text/event-stream; charset=utf-8',
      // nginx would collect events before it passes them on.
      'X-Accel-Buffering': 'no',
    });
    this.response.on('drain', () => void (this.isStalled = false));
    this.has = lastEventId === null ? null : history.sequenceOf(lastEventId);
    this.follow(history, false);
  }

  /** Writes what is new, or nothing while the reader has not taken what he was given. */
  follow(history: StateHistory, isBeat: boolean): void {
    if (this.isStalled) {
      this.stalledFor += 1;
      if (this.stalledFor >= MAX_STALLED) this.response.destroy();
      return;
    }
    this.stalledFor = 0;
    const deltas = this.has === null ? null : history.since(this.has);
    const events = deltas ?? [history.snapshot()];
    this.has = history.newest;
    const text = events.map((event) => event.text).join('') + (isBeat ? HEARTBEAT : '');
    if (text !== '') this.isStalled = !this.response.write(text);
  }

  end(): void {
    this.response.end();
  }
}
