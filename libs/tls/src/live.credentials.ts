import type { SecureContext } from 'node:tls';
import type { Secret } from 'millrace/config';
import { certificateDetail } from './certificate.detail';
import type { CertificateDetail } from './certificate.detail';
import type { LiveFile } from './live.file';
import { livePassword } from './live.password';
import { LiveTls } from './live.tls';
import type { LiveTlsOptions } from './live.tls';
import type { TlsFiles } from './tls.files';

export interface LiveCredentialsOptions extends Omit<LiveTlsOptions, 'files'> {
  /** null = no TLS. */
  readonly files: TlsFiles | null;
  /** null = no password. */
  readonly passwordFile: string | null;
}

/** What a client proves itself with: TLS material and a password, each as new as its files. */
export class LiveCredentials {
  private readonly tls: LiveTls | null;
  private readonly word: LiveFile<Secret> | null;
  private prepared: Promise<void> | null = null;

  constructor({ files, passwordFile: file, onStatus, ...edge }: LiveCredentialsOptions) {
    const told = onStatus === undefined ? {} : { onStatus };
    this.tls = files === null ? null : new LiveTls({ ...edge, ...told, files });
    this.word = file === null ? null : livePassword({ ...edge, file });
  }

  /**
   * Reads the files once and begins to look after them; a second call waits for the first.
   *
   * @throws {MillraceError} of `TLS_ERRORS` when they cannot be used.
   */
  prepare(): Promise<void> {
    this.prepared ??= Promise.all([this.tls?.start(), this.word?.start()]).then(() => undefined);
    return this.prepared;
  }

  /** Looks no more; what is loaded stays usable. */
  stop(): void {
    this.tls?.stop();
    this.word?.stop();
  }

  /** Whether there is anything that may be exchanged. */
  get isLive(): boolean {
    return this.tls !== null || this.word !== null;
  }

  /** What new connections use; null without TLS. @throws {Error} before {@link prepare} has resolved. */
  get context(): SecureContext | null {
    return this.tls?.context ?? null;
  }

  /** null without one. @throws {Error} before {@link prepare} has resolved. */
  get password(): Secret | null {
    return this.word?.current ?? null;
  }

  /** For health answers; null without TLS. */
  get certificate(): CertificateDetail | null {
    return this.tls === null ? null : certificateDetail(this.tls.status);
  }
}
