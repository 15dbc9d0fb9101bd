import { z } from 'zod';

/** What somebody may do; each role includes those before it. */
export const CONSOLE_ROLES = ['viewer', 'operator', 'admin'] as const;
export type ConsoleRole = (typeof CONSOLE_ROLES)[number];

/** One token, of which only the hash is known. */
export interface TokenEntry {
  readonly role: ConsoleRole;
  /** Who has it; kept with everything that is done with it. */
  readonly name: string;
  readonly sha256: Buffer;
  /** Null = it does not expire; unit ms since the Unix epoch. */
  readonly expiresAtMs: number | null;
}

const ENTRY =
  /^(?<role>viewer|operator|admin)(?:\/(?<name>[A-Za-z0-9][\w.@-]{0,63}))?:(?<hash>[0-9a-fA-F]{64})(?:@(?<expires>\S+))?$/;
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z)?$/;
const MAX_ENTRIES = 100;

/**
 * Entries between commas or line ends: `<role>[/<name>]:<sha256 in hex>[@<expiry>]`.
 *
 * Problems name the number of the entry, never its text.
 */
export const tokenHashes = z.string().transform((text, context): readonly TokenEntry[] => {
  const words = text.split(/[,\n]/).map((word) => word.trim());
  const entries = words.filter((word) => word !== '').map(entryOf);
  const wrong = entries.flatMap((entry, index) => (entry === null ? [index + 1] : []));
  if (wrong.length > 0 || entries.length === 0 || entries.length > MAX_ENTRIES) {
    const which = wrong.length > 0 ? `entry ${wrong.join(', ')}: ` : '';
    context.addIssue(
      `${which}must be 1 to ${MAX_ENTRIES} of <viewer|operator|admin>[/<name>]:<64 hex digits>[@<time>]`,
    );
    return z.NEVER;
  }
  return entries.filter((entry) => entry !== null);
});

function entryOf(word: string): TokenEntry | null {
  const { role, name, hash, expires } = ENTRY.exec(word)?.groups ?? {};
  if (role === undefined || hash === undefined) return null;
  const expiresAtMs = expires === undefined ? null : timeOf(expires);
  if (Number.isNaN(expiresAtMs)) return null;
  return {
    role: role as ConsoleRole,
    // The beginning of the hash of a random token tells it from others and nothing else.
    name: name ?? `${role}-${hash.slice(0, 8).toLowerCase()}`,
    sha256: Buffer.from(hash, 'hex'),
    expiresAtMs,
  };
}

const timeOf = (text: string) => (TIME.test(text) ? Date.parse(text) : Number.NaN);
