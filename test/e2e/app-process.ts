import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { eventually } from 'millrace/testing';
import { ROOT } from './checkout';

export const APPS = ['producer', 'processor'] as const;
export type AppName = (typeof APPS)[number];

/** One line of JSON that an app wrote. */
export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** How an app ended; `durationMs` counts from its start. */
export interface AppExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly durationMs: number;
}

const ENTRY = (app: AppName) => `dist/apps/${app}/apps/${app}/src/main.js`;
const READY_TIMEOUT_MS = 45_000;

/** An app in its compiled form, as a process of its own. */
export class AppProcess {
  /** Whole lines of JSON of the standard output, in order. */
  readonly lines: LogLine[] = [];
  /** Lines of the standard output that are no JSON, and everything of the standard error. */
  readonly plain: string[] = [];
  /** Resolves when the process is gone and its last line was read. */
  readonly exited: Promise<AppExit>;
  private ended: AppExit | undefined;

  private constructor(
    readonly name: AppName,
    readonly url: string,
    private readonly child: ChildProcess,
  ) {
    const startedAtMs = performance.now();
    this.readLines(child.stdout, (line) => this.keep(line));
    this.readLines(child.stderr, (line) => this.plain.push(line));
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.ended = { code, signal, durationMs: performance.now() - startedAtMs };
        resolve(this.ended);
      });
    });
  }

  /**
   * Starts an app on a free port; does not wait until it is ready.
   *
   * @param env - the whole environment beside PATH and the port.
   */
  static async start(name: AppName, env: Readonly<Record<string, string>>): Promise<AppProcess> {
    const port = await freePort();
    const scheme = env['HTTP_TLS'] === 'true' ? 'https' : 'http';
    const child = spawn(process.execPath, [ENTRY(name)], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: String(port),
        LOG_LEVEL: 'info',
        ...env,
      },
    });
    return new AppProcess(name, `${scheme}://127.0.0.1:${port}`, child);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get exit(): AppExit | undefined {
    return this.ended;
  }

  /** @throws {Error} with the end of the log when it ended or is not ready in time. */
  async whenReady(timeoutMs = READY_TIMEOUT_MS): Promise<this> {
    const answers = async () => this.ended ?? (await fetch(`${this.url}/readyz`)).ok;
    await eventually(answers, { timeoutMs, intervalMs: 50, what: this.describe('ready') });
    if (this.ended === undefined) return this;
    throw new Error(this.describe(`ready, and it ended with ${this.ended.code}`));
  }

  /** Waits for a line; @returns the first one whose text has these words. */
  async whenLogged(words: string, timeoutMs = 20_000): Promise<LogLine> {
    const find = () => this.lines.find(({ msg }) => msg.includes(words));
    const what = `"${words}" in the log of the ${this.name}`;
    const line = await eventually(find, { timeoutMs, what }).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.tail()}`);
    });
    return line as LogLine;
  }

  /** Sends a signal; @returns how it ended, where `durationMs` counts from the signal. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<AppExit> {
    const sentAtMs = performance.now();
    this.child.kill(signal);
    const { code, signal: by } = await this.exited;
    return { code, signal: by, durationMs: performance.now() - sentAtMs };
  }

  /** The last lines, for the message of a failing test. */
  tail(): string {
    const last = this.lines.slice(-12).map((line) => JSON.stringify(line).slice(0, 400));
    return [`${this.name}:`, ...last, ...this.plain.slice(-12)].join('\n  ');
  }

  private describe(state: string): string {
    return `the ${this.name} is ${state}`;
  }

  private readLines(stream: Readable | null, keep: (line: string) => void): void {
    if (stream !== null) createInterface({ input: stream }).on('line', keep);
  }

  private keep(line: string): void {
    try {
      this.lines.push(JSON.parse(line) as LogLine);
    } catch {
      this.plain.push(line);
    }
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
