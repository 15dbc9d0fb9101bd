import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { MillraceError } from 'millrace/errors';
import type { Clock } from 'millrace/retry';
import { readMountedFile } from './mounted.file';
import { RegularLook } from './regular.look';

/**
 * Keeps what a file says as new as the file.
 *
 * Promises: what was read last and could be parsed counts; a file that is gone, unreadable or refused
 * by `parse` keeps what was before it and is told once.
 */
export class LiveFile<T> {
  private readonly logger = new Logger('Tls');
  /** `hash` of the text, which may be a secret. */
  private loaded: { readonly hash: string; readonly value: T } | null = null;
  /** Why the file is not in use; told once, not at every look. */
  private refused: string | null = null;
  private readonly looks: RegularLook;

  constructor(
    private readonly options: {
      /** What it holds, for people and logs; example `list of API keys`. */
      readonly what: string;
      readonly file: string;
      readonly clock: Clock;
      /** @throws {MillraceError} when the text cannot be used; its message must not quote a secret. */
      readonly parse: (text: string) => T;
      /** Told each time when something else came into use, not at the start. */
      readonly onExchange?: () => void;
    },
  ) {
    this.looks = new RegularLook(options.clock, () => this.refresh());
  }

  /** @throws {Error} before {@link start} has resolved. */
  get current(): T {
    if (this.loaded === null) throw new Error(`the ${this.options.what} is not read`);
    return this.loaded.value;
  }

  /**
   * Reads the file and begins to look after it.
   *
   * @throws {MillraceError} TLS_FILE_MISSING, TLS_FILE_UNREADABLE, or what `parse` throws.
   */
  async start(): Promise<void> {
    await this.load();
    this.looks.start();
  }

  /** Looks no more; what was read stays usable. */
  stop(): void {
    this.looks.stop();
  }

  /** Looks at the file now. @returns whether something else is in use afterwards. Never rejects. */
  async refresh(): Promise<boolean> {
    const { what } = this.options;
    try {
      const isOther = await this.load();
      this.refused = null;
      if (isOther) {
        this.logger.log({ event: 'tls.reloaded' }, `the ${what} was exchanged`);
        this.options.onExchange?.();
      }
      return isOther;
    } catch (error) {
      const reason = error instanceof MillraceError ? error.message : 'it cannot be parsed';
      if (reason !== this.refused) {
        this.logger.warn({ event: 'tls.refused' }, `the ${what} stays as it was: ${reason}`);
      }
      this.refused = reason;
      return false;
    }
  }

  private async load(): Promise<boolean> {
    const { what, file, parse } = this.options;
    const { text } = await readMountedFile(`file with the ${what}`, file);
    const hash = createHash('sha256').update(text).digest('hex');
    if (hash === this.loaded?.hash) return false;
    this.loaded = { hash, value: parse(text) };
    return true;
  }
}
