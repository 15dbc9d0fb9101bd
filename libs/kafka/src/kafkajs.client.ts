import { Kafka, logLevel } from 'kafkajs';
import type { KafkaConfig, logCreator } from 'kafkajs';
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

/** Makes clients with the same settings. */
export class ClientSource {
  constructor(
    private readonly options: KafkaOptions,
    private readonly logCreator: logCreator,
    private readonly security: Pick<KafkaSecurity, 'context' | 'vendorConfig'>,
    private readonly create: CreateClient = createKafkajsClient,
  ) {}

  open(purpose: ClientPurpose): ClientHandle {
    const sockets = new SocketRegistry(() => this.security.context);
    const config = clientConfig(purpose, this.options, {
      ...this.security.vendorConfig,
      socketFactory: sockets.factory,
      logCreator: this.logCreator,
      logLevel: logLevel.INFO,
    });
    return { client: this.create(config), sockets };
  }
}
