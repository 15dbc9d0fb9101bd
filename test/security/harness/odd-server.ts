import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import type { TlsOptions } from 'node:tls';
import type { SecureSite } from './secure-site';

/** Ends TLS as it is told and says nothing: what a client must refuse before it sends anything. */
export class OddServer {
  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    readonly address: string,
  ) {}

  /** @param leaf - folder of its certificate; example `expired`. */
  static async start(site: SecureSite, leaf: string, options: TlsOptions = {}): Promise<OddServer> {
    const server = createServer({
      cert: readFileSync(site.cert(leaf, 'tls.crt')),
      key: readFileSync(site.cert(leaf, 'tls.key')),
      ...options,
    });
    server.on('tlsClientError', () => undefined);
    server.on('secureConnection', (socket) => socket.on('error', () => undefined));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return new OddServer(server, `127.0.0.1:${port}`);
  }

  close(): void {
    this.server.close();
  }
}

/** Nothing newer is offered. */
export const OLD_TLS: TlsOptions = {
  minVersion: 'TLSv1.1',
  maxVersion: 'TLSv1.1',
  ciphers: 'DEFAULT@SECLEVEL=0',
};
