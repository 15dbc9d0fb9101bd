import type { Clock } from 'millrace/retry';
import { LiveSecret, LiveTls, certificateDetail } from 'millrace/tls';
import type { CertificateDetail, LiveTlsOptions } from 'millrace/tls';
import type { ResolvedMongoOptions, SecurityOptions } from './mongo.options';

const IDENTITY = 'mongo';

/** Proves who we are to the server, with material that may change while the process runs. */
export class MongoSecurity {
  private readonly tls: LiveTls | null;
  private readonly password: LiveSecret | null;
  private readonly username: string | undefined;
  private prepared: Promise<void> | null = null;

  constructor(
    { tlsFiles: files, username, passwordFile }: ResolvedMongoOptions,
    clock: Clock,
    listeners: Pick<LiveTlsOptions, 'onExchange' | 'onStatus'> = {},
  ) {
    const edge = { identity: IDENTITY, clock, ...listeners };
    this.tls = files === null ? null : new LiveTls({ ...edge, files });
    this.username = username;
    this.password =
      passwordFile === undefined ? null : new LiveSecret({ ...edge, file: passwordFile });
  }

  /**
   * Reads the files once; a second call waits for the first.
   *
   * @throws {MillraceError} of `TLS_ERRORS` when they cannot be used.
   */
  prepare(): Promise<void> {
    this.prepared ??= Promise.all([this.tls?.start(), this.password?.start()]).then(
      () => undefined,
    );
    return this.prepared;
  }

  stop(): void {
    this.tls?.stop();
    this.password?.stop();
  }

  /** For health answers; undefined without TLS. */
  get certificate(): CertificateDetail | undefined {
    return this.tls === null ? undefined : certificateDetail(this.tls.status);
  }

  /** What a client is made with at this moment. */
  get options(): SecurityOptions {
    const { tls, password, username } = this;
    return {
      ...(tls === null ? {} : { tls: true, secureContext: tls.context }),
      ...(password === null || username === undefined
        ? {}
        : { auth: { username, password: password.current.reveal() } }),
    };
  }
}
