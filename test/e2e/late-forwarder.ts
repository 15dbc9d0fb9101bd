import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { freePort } from './app-process';

/** The address of a server that is not there yet: connections are refused until `open` is called. */
export class LateForwarder {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;

  private constructor(
    readonly port: number,
    private readonly target: { readonly host: string; readonly port: number },
  ) {}

  /** @param address - host and port of the real server. */
  static async to(address: string): Promise<LateForwarder> {
    const { hostname, port } = new URL(`tcp://${address}`);
    return new LateForwarder(await freePort(), { host: hostname, port: Number(port) });
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async open(): Promise<void> {
    const server = createServer((inner) => this.forward(inner));
    this.server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    const { server } = this;
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  private forward(inner: Socket): void {
    const outer = connect(this.target.port, this.target.host);
    for (const socket of [inner, outer]) {
      this.sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.sockets.delete(socket));
    }
    inner.pipe(outer).pipe(inner);
    inner.on('close', () => outer.destroy());
    outer.on('close', () => inner.destroy());
  }
}
