import { connect as connectTcp, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { ISocketFactory, ISocketFactoryArgs } from 'kafkajs';
import { systemClock } from 'millrace/retry';
import type { Clock } from 'millrace/retry';
import { BrokerConnection } from './connections/broker.connection';

const KEEP_ALIVE_MS = 30_000;

/**
 * Opens the sockets of one Kafka client and remembers them.
 *
 * Promises: Nagle's delay is off and keep-alive is on for each socket; after `close` none is open
 * and none can be opened, so a client that still retries ends by itself.
 */
export class SocketRegistry {
  private readonly open = new Set<BrokerConnection>();
  private closed = false;

  /** @param context - asked for each connection, so that a new certificate counts at once; null = no TLS. */
  constructor(
    private readonly context: () => SecureContext | null = () => null,
    private readonly clock: Pick<Clock, 'monotonicMs'> = systemClock,
  ) {}

  /** kafkajs' option. */
  readonly factory: ISocketFactory = (target) => this.connect(target);

  get openCount(): number {
    return this.open.size;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** What is open now. */
  get connections(): readonly BrokerConnection[] {
    return [...this.open];
  }

  /**
   * Destroys what is open.
   *
   * @param isClean - true when the client has closed before; otherwise it sees an error on each, so
   * that no request of it waits any longer.
   */
  close(isClean = false): void {
    this.closed = true;
    for (const { socket } of this.open) {
      socket.destroy(isClean ? undefined : new Error('closed by this service'));
    }
    this.open.clear();
  }

  private connect({ host, port, onConnect }: ISocketFactoryArgs): Socket {
    if (this.closed) throw new Error('closed by this service');
    const secureContext = this.context();
    // The name of an IP address is no server name; the address itself is checked.
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket =
      secureContext === null
        ? connectTcp({ host, port }, onConnect)
        : connectTls({ host, port, secureContext, ...servername }, onConnect);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const connection = new BrokerConnection(socket, this.clock.monotonicMs());
    this.open.add(connection);
    socket.once('close', () => this.open.delete(connection));
    return socket;
  }
}
