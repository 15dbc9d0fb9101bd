import { Logger } from '@nestjs/common';
import { Secret } from 'millrace/config';
import type { Clock } from 'millrace/retry';
import { readMountedFile } from './mounted.file';
import { RegularLook } from './regular.look';
import { TlsFileUnreadableError } from './tls.errors';

/**
 * Keeps a password as new as its file.
 *
 * Promises: what is read last and is not empty counts; a file that is gone or empty keeps the one
 * before it; the password is never printed.
 */
export class LiveSecret {
  private readonly logger = new Logger('Tls');
  private value: Secret | null = null;
  private readonly looks: RegularLook;
  private isRefused = false;

  constructor(
    private readonly options: {
      /** Who it is for; example `kafka`. */
      readonly identity: string;
      readonly file: string;
      readonly clock: Clock;
      /** Told each time when another password came into use, not at the start. */
      readonly onExchange?: () => void;
    },
  ) {
    this.looks = new RegularLook(options.clock, () => this.refresh());
  }

  /** @throws {Error} before {@link start} has resolved. */
  get current(): Secret {
    if (this.value === null)
      throw new Error(`the password of ${this.options.identity} is not read`);
    return this.value;
  }

  /**
   * Reads the file and begins to look after it.
   *
   * @throws {TlsFileMissingError} TLS_FILE_MISSING, {TlsFileUnreadableError} TLS_FILE_UNREADABLE; retryable: no.
   */
  async start(): Promise<void> {
    this.value = await this.read();
    this.looks.start();
  }

  /** Looks no more; what was read stays usable. */
  stop(): void {
    this.looks.stop();
  }

  /** Looks at the file now. @returns whether another password is in use afterwards. Never rejects. */
  async refresh(): Promise<boolean> {
    const { identity } = this.options;
    try {
      const fresh = await this.read();
      this.isRefused = false;
      if (fresh.reveal() === this.value?.reveal()) return false;
      this.value = fresh;
    } catch (error) {
      if (this.isRefused) return false;
      this.isRefused = true;
      this.logger.warn(
        { event: 'tls.refused', identity },
        `the password of ${identity} stays as it was: ${(error as Error).message}`,
      );
      return false;
    }
    this.logger.log(
      { event: 'tls.reloaded', identity },
      `the password of ${identity} was exchanged`,
    );
    this.options.onExchange?.();
    return true;
  }

  private async read(): Promise<Secret> {
    const { file } = this.options;
    const { text } = await readMountedFile('password file', file);
    const [line = ''] = text.split(/\r?\n/, 1);
    if (line === '') {
      throw new TlsFileUnreadableError({
        message: `the password file ${file} is empty`,
        where: file,
      });
    }
    return new Secret(line);
  }
}
