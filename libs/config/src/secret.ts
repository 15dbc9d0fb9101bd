import { createHash } from 'node:crypto';
import { inspect } from 'node:util';

/**
 * Holds a value that must not be printed.
 *
 * Prints `[secret]` as text, as JSON and in `util.inspect`, at any depth of another object; only
 * {@link Secret.reveal} gives the value.
 */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** Gives the value: call it where it is used, never to keep it. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/** Names a secret without telling it, so that two places can be compared: `[secret sha256 1a2b3c4d]`. */
export function fingerprint(text: string): string {
  return `[secret sha256 ${createHash('sha256').update(text).digest('hex').slice(0, 8)}]`;
}
