import { Logger } from '@nestjs/common';
import { MillraceError } from 'millrace/errors';
import type { Clock } from 'millrace/retry';
import type { SecureContext } from 'node:tls';
import { RegularLook } from './regular.look';
import { readTlsFiles } from './tls.files';
import type { TlsContents, TlsFiles } from './tls.files';
import { tlsMaterial } from './tls.material';
import type { TlsMaterial, TlsServer } from './tls.material';

/** From so long before its end on a certificate is warned about; unit ms. */
const WARN_BEFORE_MS = 14 * 24 * 3_600_000;

export interface LiveTlsOptions {
  /** Who the material is for; label of metrics; example `kafka`. */
  readonly identity: string;
  readonly files: TlsFiles;
  readonly clock: Clock;
  /** Told after the start and after each look at the files. */
  readonly onStatus?: (status: TlsStatus) => void;
  /** Told each time when other material came into use, not at the start. */
  readonly onExchange?: () => void;
}

/** How the material of one identity is, for metrics and health. */
export interface TlsStatus {
  readonly identity: string;
  /** End of the certificate that is in use, or of the CA when there is none; null = neither; unit ms since the epoch. */
  readonly notAfterMs: number | null;
  /** Serial number of the certificate in use. */
  readonly serialNumber: string | null;
  /** Newest file that was seen, also one that is broken; unit ms since the epoch. */
  readonly fileModifiedMs: number;
  /** When the material in use was loaded; unit ms since the epoch. */
  readonly loadedMs: number;
  /** Why the files are not in use; null while they are. */
  readonly problem: { readonly code: string; readonly message: string } | null;
}

/**
 * Keeps the TLS material of one identity as new as its files.
 *
 * Promises: `context` is always checked material; a file that is broken, half written or does not fit
 * keeps the last good one in use and says so once.
 *
 * @see https://kubernetes.io/docs/concepts/configuration/secret/ , mounted Secrets are updated
 */
export class LiveTls {
  private readonly logger = new Logger('Tls');
  private material: TlsMaterial | null = null;
  private loadedMs = 0;
  private fileModifiedMs = 0;
  private problem: TlsStatus['problem'] = null;
  /** Contents that were refused: told once, not at every look. */
  private refused: string | null = null;
  private readonly looks: RegularLook;

  constructor(private readonly options: LiveTlsOptions) {
    this.looks = new RegularLook(options.clock, () => this.refresh());
  }

  get identity(): string {
    return this.options.identity;
  }

  /** What new connections use. @throws {Error} before {@link start} has resolved. */
  get context(): SecureContext {
    return this.loaded().context;
  }

  /** Lets a server use what is in use now; it keeps that until the next call. @throws {Error} before {@link start} has resolved. */
  applyTo(server: TlsServer): void {
    this.loaded().applyTo(server);
  }

  get status(): TlsStatus {
    const { material, loadedMs, fileModifiedMs, problem } = this;
    const { certificate = null, ca = null } = material ?? {};
    return {
      identity: this.identity,
      notAfterMs: (certificate ?? ca)?.notAfterMs ?? null,
      serialNumber: certificate?.serialNumber ?? null,
      ...{ fileModifiedMs, loadedMs, problem },
    };
  }

  /**
   * Loads the files and begins to look after them.
   *
   * @throws {MillraceError} of `TLS_ERRORS` when they cannot be used: nothing good is there to keep.
   */
  async start(): Promise<void> {
    const contents = await readTlsFiles(this.options.files);
    this.use(contents);
    this.tell();
    this.looks.start();
  }

  /** Looks no more; what is loaded stays usable. */
  stop(): void {
    this.looks.stop();
  }

  /** Looks at the files now. @returns whether other material is in use afterwards. Never rejects. */
  async refresh(): Promise<boolean> {
    const isOther = await this.look();
    this.tell();
    return isOther;
  }

  private loaded(): TlsMaterial {
    if (this.material === null) throw new Error(`TLS material of ${this.identity} is not loaded`);
    return this.material;
  }

  private async look(): Promise<boolean> {
    let contents: TlsContents;
    try {
      contents = await readTlsFiles(this.options.files);
    } catch (error) {
      this.refuse(error, error instanceof MillraceError ? error.message : String(error));
      return false;
    }
    this.fileModifiedMs = contents.modifiedMs;
    if (contents.hash === this.material?.hash) {
      this.problem = null;
      this.refused = null;
      return false;
    }
    try {
      this.use(contents);
    } catch (error) {
      this.refuse(error, contents.hash);
      return false;
    }
    this.logger.log(
      { event: 'tls.reloaded', identity: this.identity, serial: this.status.serialNumber },
      `TLS material of ${this.identity} was exchanged`,
    );
    this.options.onExchange?.();
    return true;
  }

  private tell(): void {
    this.options.onStatus?.(this.status);
  }

  private use(contents: TlsContents): void {
    const { files, clock } = this.options;
    this.material = tlsMaterial(files, contents, clock.now());
    this.loadedMs = clock.now();
    this.fileModifiedMs = contents.modifiedMs;
    this.problem = null;
    this.refused = null;
    this.warnOfEnd();
  }

  private refuse(error: unknown, key: string): void {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof MillraceError ? error.code : 'TLS_FILE_UNREADABLE';
    this.problem = { code, message };
    if (this.refused === key) return;
    this.refused = key;
    this.logger.warn(
      { event: 'tls.refused', identity: this.identity, error_code: code },
      `new TLS files of ${this.identity} are not used, the material before them stays: ${message}`,
    );
  }

  private warnOfEnd(): void {
    const { notAfterMs } = this.status;
    const leftMs = (notAfterMs ?? Number.POSITIVE_INFINITY) - this.options.clock.now();
    if (leftMs > WARN_BEFORE_MS) return;
    this.logger.warn(
      { event: 'tls.ends_soon', identity: this.identity },
      `the certificate of ${this.identity} ends in ${Math.floor(leftMs / 3_600_000)} hours`,
    );
  }
}
