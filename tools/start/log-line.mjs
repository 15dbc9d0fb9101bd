// @ts-check

const LOUD = new Set(['warn', 'error', 'fatal']);
/** pino's own numbers, for a logger without level names. */
const LOUD_FROM = 40;

/**
 * Shortens a log line to what a person at a terminal needs, if it is a warning or worse.
 *
 * @param {string} line - one JSON object, or the text of something that does not log yet.
 * @returns {string | undefined} undefined for a line that stays in the file only.
 */
export function loudLine(line) {
  const entry = parse(line);
  if (!entry) return /\b(WARN|ERROR|FATAL|Error:)/.test(line) ? line : undefined;
  const { level, msg, message, err, context } = entry;
  const isLoud = typeof level === 'number' ? level >= LOUD_FROM : LOUD.has(String(level));
  if (!isLoud) return undefined;
  return `${typeof level === 'number' ? 'warn' : level}: ${msg ?? message ?? err?.message ?? context ?? line}`;
}

/** @param {string} line @returns {any} */
function parse(line) {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
