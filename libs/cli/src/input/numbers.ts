import { CliUsageError } from '../cli.errors';
import { quoted } from './time';

/** Reads a whole number of a range. @throws {CliUsageError} CLI_USAGE */
export function parseCount(
  option: string,
  text: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { readonly min?: number; readonly max?: number } = {},
): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} on` : `from ${min} to ${max}`;
  throw new CliUsageError({ message: `${option} is a whole number ${range}, not ${quoted(text)}` });
}

/** Reads a Kafka offset; 64 bits. @throws {CliUsageError} CLI_USAGE */
export function parseOffset(option: string, text: string): bigint {
  if (/^\d{1,19}$/.test(text)) return BigInt(text);
  throw new CliUsageError({ message: `${option} is an offset from 0 on, not ${quoted(text)}` });
}
