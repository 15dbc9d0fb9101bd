import { Kafka, logLevel } from 'kafkajs';
import type { KafkaConfig, logCreator } from 'kafkajs';
import type { Clock } from 'millrace/retry';
import type { BrokerConnection } from './connections/broker.connection';
import type { KafkaOptions } from './kafka.options';
import type { KafkaSecurity } from './kafka.security';
import { SocketRegistry } from './kafka.socket';
import { clientConfig } from './kafkajs.settings';
import type { ClientPurpose } from './kafkajs.settings';

/** What of kafkajs' client is used. */
export type VendorClient = Pick<Kafka, 'admin' | 'consumer' | 'producer'>;

/** Makes a client of kafkajs; replaced in tests. */
export type CreateClient = (config: KafkaConfig) => VendorClient;

export const createKafkajsClient: CreateClient = (config) => new Kafka(config);

/** One client and the sockets that it opened. Each port has its own: nothing is closed for another. */
export interface ClientHandle {
  readonly client: VendorClient;
  readonly sockets: SocketRegistry;
}

/** In this order connections are replaced: a publish that waits is seen by people. */
const REPLACED_FIRST: readonly ClientPurpose[] = ['producer', 'consumer', 'admin'];

/** Makes clients with the same settings, and knows their connections. */
export class ClientSource {
  private readonly opened = new Set<{ purpose: ClientPurpose; sockets: SocketRegistry }>();

  constructor(
    private readonly options: KafkaOptions,
    private readonly logCreator: logCreator,
    private readonly security: Pick<KafkaSecurity, 'context' | 'vendorConfig'>,
    private readonly clock: Clock,
    private readonly create: CreateClient = createKafkajsClient,
  ) {}

  open(purpose: ClientPurpose): ClientHandle {
    const sockets = new SocketRegistry(() => this.security.context, this.clock);
    // Also where nobody ever asks for connections: clients are rebuilt for as long as an outage lasts.
    for (const one of this.opened) if (one.sockets.isClosed) this.opened.delete(one);
    this.opened.add({ purpose, sockets });
    const config = clientConfig(purpose, this.options, {
      ...this.security.vendorConfig,
      socketFactory: sockets.factory,
      logCreator: this.logCreator,
      logLevel: logLevel.INFO,
    });
    return { client: this.create(config), sockets };
  }

  /** Open connections of all clients. */
  connections(): readonly BrokerConnection[] {
    return REPLACED_FIRST.flatMap((purpose) =>
      [...this.opened]
        .filter((one) => one.purpose === purpose)
        .flatMap(({ sockets }) => sockets.connections),
    );
  }

  /**
   * Makes one connection with what is good now, and closes it.
   *
   * @throws what kafkajs throws when the brokers refuse it.
   */
  async probe(): Promise<void> {
    const { client, sockets } = this.open('admin');
    const admin = client.admin();
    try {
      await admin.connect();
      await admin.disconnect();
    } finally {
      sockets.close(true);
    }
  }
}
