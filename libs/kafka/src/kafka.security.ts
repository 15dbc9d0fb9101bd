import { LiveSecret, LiveTls, certificateDetail } from 'millrace/tls';
import type { CertificateDetail, LiveTlsOptions } from 'millrace/tls';
import type { Clock } from 'millrace/retry';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import type { SecureContext } from 'node:tls';
import type { KafkaBearer, KafkaClientOptions, KafkaSasl } from './kafka.options';

const IDENTITY = 'kafka';

/**
 * Proves who we are to the brokers, with material that may change while the process runs.
 *
 * Promise: each new connection uses the certificate and the password that are good at that moment.
 */
export class KafkaSecurity {
  private readonly tls: LiveTls | null;
  private readonly password: LiveSecret | null;
  private readonly sasl: SASLOptions | null;
  private prepared: Promise<void> | null = null;

  constructor(
    options: Pick<KafkaClientOptions, 'tls' | 'sasl'>,
    clock: Clock,
    { onStatus, onExchange }: Pick<LiveTlsOptions, 'onExchange' | 'onStatus'> = {},
  ) {
    const { tls: files, sasl } = options;
    const edge = { identity: IDENTITY, clock, ...(onExchange && { onExchange }) };
    this.tls =
      files === null ? null : new LiveTls({ ...edge, files, ...(onStatus && { onStatus }) });
    const file = sasl === null || isBearer(sasl) ? null : sasl.passwordFile;
    this.password = file === null ? null : new LiveSecret({ ...edge, file });
    this.sasl = sasl === null ? null : liveSasl(sasl, this.password);
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

  /** Whether there is anything that may be exchanged. */
  get isLive(): boolean {
    return this.tls !== null || this.password !== null;
  }

  /** For health answers; null without TLS. */
  get certificate(): CertificateDetail | null {
    return this.tls === null ? null : certificateDetail(this.tls.status);
  }

  /** null without TLS. */
  get context(): SecureContext | null {
    return this.tls?.context ?? null;
  }

  /** What kafkajs is told; `ssl` only switches it on, the sockets are made here. */
  get vendorConfig(): Pick<KafkaConfig, 'ssl' | 'sasl'> {
    return {
      ...(this.tls === null ? {} : { ssl: {} }),
      ...(this.sasl === null ? {} : { sasl: this.sasl }),
    };
  }
}

/** kafkajs keeps the object and reads its fields at each authentication. */
function liveSasl(sasl: KafkaSasl, password: LiveSecret | null): SASLOptions {
  if (isBearer(sasl)) {
    const oauthBearerProvider = async () => ({ value: await sasl.token() });
    return { mechanism: 'oauthbearer', oauthBearerProvider };
  }
  const live = {
    mechanism: sasl.mechanism.toLowerCase(),
    username: sasl.username,
    get password() {
      return password?.current.reveal() ?? '';
    },
  };
  return live as unknown as SASLOptions;
}

const isBearer = (sasl: KafkaSasl): sasl is KafkaBearer => sasl.mechanism === 'OAUTHBEARER';
