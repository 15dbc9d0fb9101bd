import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** A connection on which every byte is chosen, also those that no HTTP client sends. */
export class RawConnection {
  /** Everything that the server sent. */
  received = '';
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (bytes: Buffer) => (this.received += bytes.toString('latin1')));
    // A cut connection is an answer too: `closed` tells it.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  /** @param url - of the server; http and an address of this machine. */
  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const connection = new RawConnection(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('error', reject);
    });
    return connection;
  }

  /** Status of the first answer; undefined before it, and when the connection was cut without one. */
  get status(): number | undefined {
    const found = /^HTTP\/1\.1 (\d{3}) /.exec(this.received);
    return found === null ? undefined : Number(found[1]);
  }

  write(text: string | Buffer): void {
    if (!this.socket.destroyed) this.socket.write(text);
  }

  /** Sends one request and waits for the end of its answer. @returns its status. */
  async ask(request: string): Promise<number | undefined> {
    this.received = '';
    this.write(request);
    await Promise.race([this.closed, this.answered()]);
    return this.status;
  }

  /** Sends a byte again and again until the connection is gone. @param byte - example `a`. */
  async trickle(byte: string, everyMs: number): Promise<void> {
    const timer = setInterval(() => this.write(byte), everyMs);
    await this.closed;
    clearInterval(timer);
  }

  end(): void {
    this.socket.destroy();
  }

  private answered(): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        const [head, body] = this.received.split('\r\n\r\n', 2);
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(head ?? '')?.[1] ?? 0);
        if (body === undefined || body.length < length) return;
        this.socket.off('data', look);
        resolve();
      };
      this.socket.on('data', look);
    });
  }
}

/** The headers of a request with a JSON body. @param more - whole lines, each with its line end. */
export function headersOf(path: string, contentLength: number, more = ''): string {
  return (
    `POST ${path} HTTP/1.1\r\nHost: producer\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${contentLength}\r\n${more}\r\n`
  );
}
