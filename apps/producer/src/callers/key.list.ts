import { createHash, timingSafeEqual } from 'node:crypto';
import { ApiKeysInvalidError } from '../producer.errors';

/** Who may send; the key itself is nowhere, only its hash. */
interface KeyHash {
  readonly name: string;
  readonly hash: Buffer;
}

const LINE = /^(?:(?<name>[A-Za-z0-9._-]{1,64})[ \t]+)?sha256:(?<hash>[0-9a-fA-F]{64})$/;
/** Begin of the hash that stands for a key without a name. */
const SHOWN_DIGITS = 12;

/** The keys that are good at a moment. */
export class KeyList {
  private constructor(private readonly keys: readonly KeyHash[]) {}

  /**
   * Reads lines of `<name> sha256:<64 hex digits>`; the name may be missing, `#` begins a remark.
   *
   * @param where - the file, for the message.
   * @throws {ApiKeysInvalidError} API_KEYS_INVALID; names the line and never repeats it, for it may hold a key.
   */
  static parse(text: string, where: string): KeyList {
    const keys = text.split(/\r?\n/).flatMap((line, index) => {
      const trimmed = line.trim();
      if (trimmed === '' || trimmed.startsWith('#')) return [];
      const { hash, name } = LINE.exec(trimmed)?.groups ?? {};
      if (hash === undefined) throw invalid(where, `line ${index + 1} is not <name> sha256:<hash>`);
      return [
        {
          name: name ?? `sha256:${hash.slice(0, SHOWN_DIGITS).toLowerCase()}`,
          hash: Buffer.from(hash, 'hex'),
        },
      ];
    });
    if (keys.length === 0) throw invalid(where, 'holds no key');
    return new KeyList(keys);
  }

  /**
   * Looks a key up in constant time: all hashes are compared, whichever fits.
   *
   * @returns null when the key is not in the list.
   */
  nameOf(key: string): string | null {
    const sent = createHash('sha256').update(key, 'latin1').digest();
    return this.keys.reduce<string | null>(
      (found, { name, hash }) => (timingSafeEqual(hash, sent) ? name : found),
      null,
    );
  }
}

function invalid(where: string, reason: string): ApiKeysInvalidError {
  return new ApiKeysInvalidError({ message: `the list of API keys ${where}: ${reason}`, where });
}
