import { connect as connectTcp, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { ISocketFactory, ISocketFactoryArgs } from 'kafkajs';

const KEEP_ALIVE_MS = 30_000;

/**
 * Opens the sockets of one Kafka client and remembers them.
 *
 * Promises: Nagle's delay is off and keep-alive is on for each socket; after `close` none is open
 * and none can be opened, so a client that still retries ends by itself.
 */
export class SocketRegistry {
  private readonly open = new Set<Socket>();
  private isClosed = false;

  /** @param context - asked for each connection, so that a new certificate counts at once; null = no TLS. */
  constructor(private readonly context: () => SecureContext | null = () => null) {}

  /** kafkajs' option. */
  readonly factory: ISocketFactory = (target) => this.connect(target);

  get openCount(): number {
    return this.open.size;
  }

  /**
   * Destroys what is open.
   *
   * @param isClean - true when the client has closed before; otherwise it sees an error on each, so
   * that no request of it waits any longer.
   */
  close(isClean = false): void {
    this.isClosed = true;
    for (const socket of this.open) {
      socket.destroy(isClean ? undefined : new Error('closed by this service'));
    }
    this.open.clear();
  }

  private connect({ host, port, onConnect }: ISocketFactoryArgs): Socket {
    if (this.isClosed) throw new Error('closed by this service');
    const secureContext = this.context();
    // The name of an IP address is no server name; the address itself is checked.
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket =
      secureContext === null
        ? connectTcp({ host, port }, onConnect)
        : connectTls({ host, port, secureContext, ...servername }, onConnect);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    return socket;
  }
}
