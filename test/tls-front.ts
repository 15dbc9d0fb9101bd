import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer } from 'node:tls';
import type { SecureContextOptions, TLSSocket, TlsOptions } from 'node:tls';

/** Ends TLS before a real server: it works with any, its certificate can be anything, and it sees those of clients. */
export class TlsFront {
  /** Serial numbers of the client certificates that were shown, in order. */
  readonly seen: string[] = [];
  private readonly open = new Set<TLSSocket>();

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    readonly port: number,
  ) {}

  /** @param target - opens a connection to the server behind. */
  static async start(target: () => Duplex, options: TlsOptions): Promise<TlsFront> {
    const server = createServer(options);
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const front = new TlsFront(server, (server.address() as AddressInfo).port);
    server.on('secureConnection', (socket) => {
      front.seen.push(serialIn(socket));
      front.open.add(socket);
      const inner = target();
      for (const [one, other] of [
        [socket, inner],
        [inner, socket],
      ] as const) {
        one.on('error', () => other.destroy()).on('close', () => other.destroy());
        one.pipe(other);
      }
      socket.on('close', () => front.open.delete(socket));
    });
    return front;
  }

  /** Open connections of the client certificate with this serial number. */
  openBy(serial: string): number {
    return [...this.open].filter((socket) => serialIn(socket) === serial).length;
  }

  cut(serial?: string): void {
    for (const socket of this.open) {
      if (serial === undefined || serialIn(socket) === serial) socket.destroy();
    }
  }

  /** From the next handshake on it has another certificate, and trusts other CAs. */
  exchange(options: SecureContextOptions): void {
    this.server.setSecureContext(options);
  }

  close(): void {
    this.cut();
    this.server.close();
  }
}

const serialIn = (socket: TLSSocket) => socket.getPeerCertificate().serialNumber ?? '';
