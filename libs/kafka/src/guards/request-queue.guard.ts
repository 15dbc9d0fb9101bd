import type { RequestQueueInternals } from '../kafkajs.internals';

const PENDING_CHECK_MS = 10;
const TIMEOUT_CHECK_MS = 1_000;

/**
 * Keeps an idle connection from waking the process.
 *
 * kafkajs re-arms a timer with a delay that is not positive (about 900 callbacks per second for
 * every idle connection, and a `TimeoutNegativeWarning` on Node 24), and looks for timed out
 * requests every 100 ms. With the guard a timer runs only while a request waits or a throttle is
 * in the future, with a delay of at least 1 ms, and timeouts are looked for once per second.
 *
 * @param queue - the prototype of kafkajs' request queue.
 * @see https://github.com/tulios/kafkajs/issues/1556 , https://github.com/tulios/kafkajs/issues/1751
 */
export function guardRequestQueue(queue: RequestQueueInternals): void {
  queue.scheduleCheckPendingRequests = scheduleCheckPendingRequests;
  queue.scheduleRequestTimeoutCheck = scheduleRequestTimeoutCheck;
}

function scheduleCheckPendingRequests(this: RequestQueueInternals): void {
  if (this.throttleCheckTimeoutId !== null) return;
  const throttledForMs = this.throttledUntil - Date.now();
  if (this.pending.length === 0 && throttledForMs <= 0) return;
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    throttledForMs > 0 ? Math.max(1, Math.ceil(throttledForMs)) : PENDING_CHECK_MS,
  );
}

function scheduleRequestTimeoutCheck(this: RequestQueueInternals): void {
  if (!this.enforceRequestTimeout) return;
  this.destroy();
  this.requestTimeoutIntervalId = setInterval(
    () => {
      const now = Date.now();
      for (const request of this.inflight.values()) {
        if (now - request.sentAt > request.requestTimeout) request.timeoutRequest();
      }
      if (!this.isConnected()) this.destroy();
    },
    Math.min(this.requestTimeout, TIMEOUT_CHECK_MS),
  );
}
