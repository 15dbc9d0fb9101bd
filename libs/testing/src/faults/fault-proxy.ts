import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { systemClock } from 'millrace/retry';
import type { Clock } from 'millrace/retry';
import { FaultLink } from './fault-link';

/** What is wrong with a line, until it is mended. Kinds can be combined. */
export interface LineFaults {
  /** New connections are reset at once. */
  readonly refuse?: boolean;
  /**
   * Bytes are taken and never arrive, and nobody learns of an end: a half-open socket.
   * One direction alone is a one-way cut.
   */
  readonly swallow?: 'both' | 'to-server' | 'to-client';
  /** Each byte arrives later, in each direction; unit ms. */
  readonly delayMs?: number;
  /** Most bytes that pass in each direction and connection; unit bytes/s. */
  readonly bytesPerSecond?: number;
}

/** Sees the bytes of one connection, in both directions. */
export interface LineRewriter {
  toServer(bytes: Buffer): readonly Buffer[];
  toClient(bytes: Buffer): readonly Buffer[];
}

export interface FaultProxyOptions {
  readonly clock?: Clock;
  /** Makes the rewriter of one connection; default: bytes pass as they are. */
  readonly rewriter?: () => LineRewriter;
}

interface Line {
  readonly client: Socket;
  readonly server: Socket;
  readonly links: readonly FaultLink[];
}

/**
 * Stands between a client and one server, and breaks the line on demand.
 *
 * Promises: without faults every byte passes, in order and unchanged; faults act on open connections
 * at once and can be changed at any time; after `close` neither socket nor timer is left.
 *
 * @example
 * const proxy = await FaultProxy.to('127.0.0.1:27017');
 * proxy.break({ delayMs: 2_000 });
 */
export class FaultProxy {
  private readonly lines = new Set<Line>();
  private faults: LineFaults = {};
  private lostBefore = 0;

  private constructor(
    private readonly listener: Server,
    private readonly target: { readonly host: string; readonly port: number },
    private readonly options: FaultProxyOptions,
  ) {}

  /**
   * Listens on a free port of this machine.
   *
   * @param server - `host:port`; the server itself need not be there yet.
   */
  static async to(server: string, options: FaultProxyOptions = {}): Promise<FaultProxy> {
    const { hostname, port } = new URL(`tcp://${server}`);
    const listener = createServer({ allowHalfOpen: true });
    const proxy = new FaultProxy(listener, { host: hostname, port: Number(port) }, options);
    listener.on('connection', (socket) => proxy.accept(socket));
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  /** What clients connect to, as `host:port`. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get connectionCount(): number {
    return this.lines.size;
  }

  /** Bytes that never arrived, of all connections so far: shows that a fault has met something. */
  get lostBytes(): number {
    return [...this.lines].reduce((sum, line) => sum + lostBy(line), this.lostBefore);
  }

  /** Puts these faults in place of the present ones; open connections stay. */
  break(faults: LineFaults): void {
    this.faults = faults;
  }

  /** Ends every fault. Connections that have lost bytes are reset: they cannot go on. */
  mend(): void {
    this.faults = {};
    for (const line of this.lines) {
      if (line.links.some(({ hasLost }) => hasLost)) this.drop(line, 'reset');
    }
  }

  /** Closes the open connections in both directions, as an orderly server does (FIN). */
  cut(): void {
    for (const line of this.lines) this.drop(line, 'close');
  }

  /** Resets the open connections in both directions, as a crashed process does (RST). */
  reset(): void {
    for (const line of this.lines) this.drop(line, 'reset');
  }

  /** The server is gone: open connections and new ones are reset, until mended. */
  down(): void {
    this.break({ refuse: true });
    this.reset();
  }

  /** Ends everything; the port is free afterwards. */
  async close(): Promise<void> {
    this.faults = { refuse: true };
    this.reset();
    await new Promise((resolve) => this.listener.close(resolve));
  }

  private accept(client: Socket): void {
    if (this.faults.refuse === true) {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const server = connect({ ...this.target, allowHalfOpen: true });
    const line: Line = { client, server, links: this.linksOf(client, server) };
    this.lines.add(line);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.lose(line));
      socket.on('close', () => {
        if (client.destroyed && server.destroyed) this.forget(line);
      });
    }
  }

  private linksOf(client: Socket, server: Socket): readonly FaultLink[] {
    const { clock = systemClock } = this.options;
    const rewriter = this.options.rewriter?.();
    const link = (from: Socket, to: Socket, direction: 'to-server' | 'to-client') => {
      const rewrite = direction === 'to-server' ? rewriter?.toServer : rewriter?.toClient;
      return new FaultLink({
        ...{ from, to, clock },
        state: () => this.stateOf(direction),
        ...(rewrite === undefined ? {} : { rewrite: rewrite.bind(rewriter) }),
      });
    };
    return [link(client, server, 'to-server'), link(server, client, 'to-client')];
  }

  private stateOf(direction: 'to-server' | 'to-client') {
    const { swallow, delayMs = 0, bytesPerSecond = Infinity } = this.faults;
    return { isSwallowing: swallow === 'both' || swallow === direction, delayMs, bytesPerSecond };
  }

  /** A side is gone without a word: so is the other, unless the line is dead and hides it. */
  private lose(line: Line): void {
    if (this.faults.swallow === undefined) this.drop(line, 'reset');
    else for (const link of line.links) link.hasLost = true;
  }

  private drop(line: Line, how: 'close' | 'reset'): void {
    this.forget(line);
    for (const socket of [line.client, line.server]) {
      if (how === 'reset') socket.resetAndDestroy();
      else socket.destroy();
    }
  }

  private forget(line: Line): void {
    if (this.lines.delete(line)) this.lostBefore += lostBy(line);
    for (const link of line.links) link.stop();
  }
}

const lostBy = ({ links }: Line) => links.reduce((sum, { lostBytes }) => sum + lostBytes, 0);
