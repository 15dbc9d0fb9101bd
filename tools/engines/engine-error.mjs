// @ts-check

/** An expected failure of the engines: what happened, why it is likely, and the next command. */
export class EngineError extends Error {
  /**
   * @param {string} what - What happened, and to what; one line.
   * @param {{ cause?: string, fix?: string }} [advice] - Likely cause and next command, as text.
   */
  constructor(what, { cause, fix } = {}) {
    super(what);
    this.name = 'EngineError';
    this.likelyCause = cause;
    this.fix = fix;
  }
}

/**
 * Renders any error for a terminal: an expected one without a stack, any other with it.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function renderEngineError(error) {
  if (!(error instanceof EngineError))
    return error instanceof Error ? String(error.stack) : String(error);
  const line = (/** @type {string} */ label, /** @type {string | undefined} */ text) =>
    text ? [`  ${label.padEnd(7)} ${text.split('\n').join(`\n${' '.repeat(10)}`)}`] : [];
  return [
    `error     ${error.message}`,
    ...line('cause', error.likelyCause),
    ...line('try', error.fix),
  ].join('\n');
}
