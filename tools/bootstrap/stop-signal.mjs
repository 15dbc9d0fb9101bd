// @ts-check

/** A terminal delivers Ctrl-C to npm and to us, and npm passes it on: a repeat within this time is the same request. */
const SAME_REQUEST_MS = 2000;

/**
 * @typedef {{ signal: AbortSignal, requested: Promise<string>, name: () => string | undefined, release: () => void }} StopRequest
 */

/**
 * Turns SIGINT and SIGTERM into one request to stop; a second request calls `insist`.
 *
 * @param {{ insist: () => void, source?: NodeJS.EventEmitter, now?: () => number }} options
 * @returns {StopRequest} `release` gives the signals back to Node.
 */
export function listenForStop({ insist, source = process, now = () => performance.now() }) {
  const controller = new AbortController();
  /** @type {{ name: string, at: number } | undefined} */
  let first;
  /** @type {(name: string) => void} */
  let resolve = () => {};
  const requested = /** @type {Promise<string>} */ (new Promise((done) => (resolve = done)));
  const onSignal = (/** @type {string} */ name) => {
    if (first) {
      if (now() - first.at > SAME_REQUEST_MS) insist();
      return;
    }
    first = { name, at: now() };
    controller.abort(new Error(`stopped by ${name}`));
    resolve(name);
  };
  const names = ['SIGINT', 'SIGTERM'];
  const listeners = names.map((name) => () => onSignal(name));
  names.forEach((name, index) => source.on(name, listeners[index] ?? (() => {})));
  const release = () =>
    names.forEach((name, index) => source.off(name, listeners[index] ?? (() => {})));
  return { signal: controller.signal, requested, name: () => first?.name, release };
}
