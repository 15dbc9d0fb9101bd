import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const PROBE_EVERY_MS = 250;

interface Backend {
  readonly url: string;
  isReady: boolean;
}

/**
 * A load balancer as simple as can be: round robin over the backends whose last `/readyz` said yes.
 *
 * It repeats nothing: what a backend does to a request, the client sees.
 */
export class ReadyBalancer {
  private readonly backends: Backend[] = [];
  private readonly agent = new Agent({ keepAlive: true });
  private readonly timer: NodeJS.Timeout;
  private turn = 0;

  private constructor(private readonly server: Server) {
    this.timer = setInterval(() => void this.probeAll(), PROBE_EVERY_MS);
  }

  static async start(): Promise<ReadyBalancer> {
    const server = createServer((asked, answer) => balancer.forward(asked, answer));
    const balancer = new ReadyBalancer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** It gets requests after its first good probe. */
  add(url: string): void {
    this.backends.push({ url, isReady: false });
  }

  isReady(url: string): boolean {
    return this.backends.some((backend) => backend.url === url && backend.isReady);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.agent.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async probeAll(): Promise<void> {
    await Promise.all(
      this.backends.map(async (backend) => {
        backend.isReady = await fetch(`${backend.url}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        );
      }),
    );
  }

  private forward(asked: IncomingMessage, answer: ServerResponse): void {
    const ready = this.backends.filter(({ isReady }) => isReady);
    const backend = ready[this.turn++ % Math.max(1, ready.length)];
    if (backend === undefined) {
      answer.writeHead(502).end('nobody is ready');
      return;
    }
    const { method, headers, url = '/' } = asked;
    const passed = request(new URL(url, backend.url), { method, headers, agent: this.agent });
    passed.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    passed.on('error', (error) => answer.writeHead(502).end(error.message));
    asked.pipe(passed);
  }
}
