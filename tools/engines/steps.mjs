// @ts-check

/** @typedef {(line: string) => void} Print */

/**
 * Runs one step and prints one line when it is over: what, the outcome, seconds.
 *
 * @template T
 * @param {Print} print
 * @param {string} name - at most 12 characters stay aligned.
 * @param {() => Promise<T>} work
 * @param {(result: T) => string} describe
 * @returns {Promise<T>}
 */
export async function step(print, name, work, describe) {
  const startedAt = performance.now();
  const result = await work();
  print(stepLine(name, describe(result), performance.now() - startedAt));
  return result;
}

/**
 * Lays out one step line.
 *
 * @param {string} name
 * @param {string} text
 * @param {number} [elapsedMs]
 */
export const stepLine = (name, text, elapsedMs) =>
  `${name.padEnd(10)} ${text}${elapsedMs === undefined ? '' : `  ${(elapsedMs / 1000).toFixed(1)} s`}`;

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Calls `probe` until it answers something truthy.
 *
 * @template T
 * @param {() => T | Promise<T>} probe
 * @param {{ timeoutMs: number, everyMs?: number }} options - `everyMs` default 50.
 * @returns {Promise<T | undefined>} its answer; undefined when the time is over.
 */
export async function until(probe, { timeoutMs, everyMs = 50 }) {
  for (const startedAt = performance.now(); ; await pause(everyMs)) {
    const answer = await probe();
    if (answer) return answer;
    if (performance.now() - startedAt > timeoutMs) return undefined;
  }
}
