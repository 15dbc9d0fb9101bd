import type { Clock } from 'millrace/retry';
import { registerCodecs } from '../codecs/register-codecs';
import { FetchDecoder } from '../decoder/fetch.decoder';
import { KafkaApiUnsupportedError, KafkaUnavailableError } from '../errors/connection.errors';
import { guardCluster } from '../guards/fetch.guard';
import type { ClientHandle, ClientSource } from '../kafkajs.client';
import { createCluster } from '../kafkajs.internals';
import type { OwnClusterInternals } from '../kafkajs.internals';
import { settlesWithin } from '../within';

const READ_COMMITTED = 1;

interface OpenCluster {
  readonly cluster: OwnClusterInternals;
  readonly handle: ClientHandle;
}

export interface ReaderConnectionOptions {
  readonly metadataMaxAgeMs: number;
  readonly verifyCrc: boolean;
}

/**
 * The connections of one reader, opened with the first read and kept.
 *
 * After a failure all of it is given up: kafkajs does not recover from a deleted topic or from lost
 * brokers by itself.
 */
export class ReaderConnection {
  private current: Promise<OpenCluster> | null = null;
  private closed = false;

  constructor(
    private readonly source: ClientSource,
    private readonly options: ReaderConnectionOptions,
    private readonly clock: Clock,
  ) {}

  get isClosed(): boolean {
    return this.closed;
  }

  /** @throws {KafkaUnavailableError} KAFKA_UNAVAILABLE after the close. */
  async cluster(): Promise<OwnClusterInternals> {
    if (this.closed) throw new KafkaUnavailableError({ message: 'the reader is closed' });
    this.current ??= this.open();
    return (await this.current).cluster;
  }

  /** Throws a cluster away, unless another call has done so already. */
  async giveUp(cluster: OwnClusterInternals | null): Promise<void> {
    const { current } = this;
    if (current === null) return;
    const open = await current.catch(() => null);
    if (this.current !== current || (cluster !== null && open?.cluster !== cluster)) return;
    this.current = null;
    open?.handle.sockets.close();
    open?.cluster.disconnect().catch(() => undefined);
  }

  async close(deadlineMs: number): Promise<void> {
    this.closed = true;
    const open = await this.current?.catch(() => null);
    this.current = null;
    if (open === null || open === undefined) return;
    const isClean = await settlesWithin(this.clock, deadlineMs, open.cluster.disconnect());
    open.handle.sockets.close(isClean);
  }

  private async open(): Promise<OpenCluster> {
    await registerCodecs();
    const handle = this.source.open('admin');
    const cluster = createCluster(handle.client, {
      metadataMaxAge: this.options.metadataMaxAgeMs,
      allowAutoTopicCreation: false,
      isolationLevel: READ_COMMITTED,
    });
    if (cluster === null) {
      throw new KafkaApiUnsupportedError({ message: 'this client cannot read without a group' });
    }
    const { clock } = this;
    guardCluster(cluster, new FetchDecoder({ verifyCrc: this.options.verifyCrc, clock }));
    try {
      await cluster.connect();
      return { cluster, handle };
    } catch (error) {
      handle.sockets.close();
      throw error;
    }
  }
}
