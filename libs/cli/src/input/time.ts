import { CliUsageError } from '../cli.errors';

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const AGO = /^(\d{1,9})([smhd])$/;
/** Without a zone a time would mean something else on each machine. */
const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Reads a time: RFC 3339 with a zone, a date (UTC), or how long ago (`90s`, `15m`, `2h`, `1d`).
 *
 * @throws {CliUsageError} CLI_USAGE
 */
export function parseTime(option: string, text: string, nowMs: number): Date {
  const [, amount, unit] = AGO.exec(text) ?? [];
  if (amount !== undefined) {
    return new Date(nowMs - Number(amount) * UNITS_MS[unit as keyof typeof UNITS_MS]);
  }
  const time = INSTANT.test(text) ? new Date(text) : undefined;
  if (time !== undefined && !Number.isNaN(time.getTime())) return time;
  throw new CliUsageError({
    message: `${option} is no time: ${quoted(text)}`,
    fix: `give a time such as 2026-01-31T08:00:00Z, or how long ago: 15m, 2h, 1d`,
  });
}

/** Reads a duration such as `500ms`, `2s`, `1m`; unit ms. @throws {CliUsageError} CLI_USAGE */
export function parseDurationMs(option: string, text: string): number {
  const [, amount, unit] = /^(\d{1,9})(ms|[smhd])$/.exec(text) ?? [];
  if (amount !== undefined) {
    return Number(amount) * (unit === 'ms' ? 1 : UNITS_MS[unit as keyof typeof UNITS_MS]);
  }
  throw new CliUsageError({
    message: `${option} is no duration: ${quoted(text)}`,
    fix: 'give a number with a unit: 500ms, 2s, 1m',
  });
}

/** What a person typed, short and harmless on a terminal. */
export function quoted(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  return JSON.stringify(short);
}
