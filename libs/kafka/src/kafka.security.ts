import { LiveSecret, LiveTls } from 'millrace/tls';
import type { TlsStatus } from 'millrace/tls';
import type { Clock } from 'millrace/retry';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import type { SecureContext } from 'node:tls';
import type { KafkaClientOptions, KafkaSasl } from './kafka.options';

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
    onStatus: (status: TlsStatus) => void = () => undefined,
  ) {
    const { tls: files, sasl } = options;
    this.tls = files === null ? null : new LiveTls({ identity: IDENTITY, files, clock, onStatus });
    this.password =
      sasl === null ? null : new LiveSecret({ identity: IDENTITY, file: sasl.passwordFile, clock });
    this.sasl = sasl === null || this.password === null ? null : liveSasl(sasl, this.password);
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
function liveSasl({ mechanism, username }: KafkaSasl, password: LiveSecret): SASLOptions {
  const live = {
    mechanism: mechanism.toLowerCase(),
    username,
    get password() {
      return password.current.reveal();
    },
  };
  return live as unknown as SASLOptions;
}
