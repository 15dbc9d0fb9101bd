import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Stands between client and server, and breaks on demand. */
export class BreakableProxy {
  private readonly sockets = new Set<Socket>();
  private refuses = false;
  private isSilent = false;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  static async to(serverUri: string): Promise<BreakableProxy> {
    const server = createServer();
    const proxy = new BreakableProxy(server, new URL(serverUri.replace(/^mongodb:/, 'http:')));
    server.on('connection', (socket) => proxy.accept(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get uri(): string {
    const { port } = this.server.address() as AddressInfo;
    return `mongodb://127.0.0.1:${port}/?directConnection=true`;
  }

  cut(): void {
    this.refuses = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.refuses = false;
  }

  /** Takes everything and answers nothing. */
  silence(): void {
    this.isSilent = true;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(inner: Socket): void {
    if (this.refuses) {
      inner.destroy();
      return;
    }
    const outer = connect(Number(this.target.port || 27017), this.target.hostname);
    for (const socket of [inner, outer]) {
      this.sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.sockets.delete(socket));
    }
    inner.on('data', (bytes) => this.isSilent || outer.write(bytes));
    outer.on('data', (bytes) => this.isSilent || inner.write(bytes));
    inner.on('close', () => outer.destroy());
    outer.on('close', () => inner.destroy());
  }
}
