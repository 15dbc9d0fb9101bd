import type { Clock } from 'millrace/retry';
import { LiveCredentials } from 'millrace/tls';
import type { LiveTlsOptions } from 'millrace/tls';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import type { KafkaBearer, KafkaClientOptions, KafkaSasl } from './kafka.options';

/**
 * Proves who we are to the brokers, with material that may change while the process runs.
 *
 * Promise: each new connection uses the certificate and the password that are good at that moment.
 */
export class KafkaSecurity extends LiveCredentials {
  /** What kafkajs is told; `ssl` only switches it on, the sockets are made here. */
  readonly vendorConfig: Pick<KafkaConfig, 'ssl' | 'sasl'>;

  constructor(
    { tls: files, sasl }: Pick<KafkaClientOptions, 'tls' | 'sasl'>,
    clock: Clock,
    listeners: Pick<LiveTlsOptions, 'onExchange' | 'onStatus'> = {},
  ) {
    const passwordFile = sasl === null || isBearer(sasl) ? null : sasl.passwordFile;
    super({ identity: 'kafka', files, passwordFile, clock, ...listeners });
    this.vendorConfig = {
      ...(files === null ? {} : { ssl: {} }),
      ...(sasl === null ? {} : { sasl: this.liveSasl(sasl) }),
    };
  }

  /** kafkajs keeps the object and reads its fields at each authentication. */
  private liveSasl(sasl: KafkaSasl): SASLOptions {
    if (isBearer(sasl)) {
      const oauthBearerProvider = async () => ({ value: await sasl.token() });
      return { mechanism: 'oauthbearer', oauthBearerProvider };
    }
    const password = () => this.password?.reveal() ?? '';
    const live = {
      mechanism: sasl.mechanism.toLowerCase(),
      username: sasl.username,
      get password() {
        return password();
      },
    };
    return live as unknown as SASLOptions;
  }
}

const isBearer = (sasl: KafkaSasl): sasl is KafkaBearer => sasl.mechanism === 'OAUTHBEARER';
