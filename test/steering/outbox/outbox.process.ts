import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from 'millrace/testing';
import { ROOT } from '../../e2e/checkout';
import { OUTBOX_WORKLOAD } from '../../reliability/service/outbox.messages';
import type { OutboxMessage, OutboxWorkload } from '../../reliability/service/outbox.messages';

const ENTRY = 'dist/tools/test/reliability/service/outbox.main.js';
const ALIASES = './tools/build/register-aliases.cjs';

/** One process that writes and relays. */
export class OutboxProcess {
  readonly exited: Promise<void>;
  readonly abortedIds: string[] = [];
  readonly sessions: string[] = [];
  committed = 0;
  isReady = false;
  isGone = false;

  private constructor(
    private readonly child: ChildProcess,
    private readonly logFile: string,
  ) {
    child.on('message', (message) => this.hear(message as OutboxMessage));
    this.exited = new Promise((resolve) => {
      child.once('close', () => {
        this.isGone = true;
        resolve();
      });
    });
  }

  static start(
    logFile: string,
    workload: OutboxWorkload,
    env: Readonly<Record<string, string>>,
  ): OutboxProcess {
    const log = openSync(logFile, 'a');
    const child = fork(join(ROOT, ENTRY), [], {
      cwd: ROOT,
      execArgv: ['-r', ALIASES],
      stdio: ['ignore', log, log, 'ipc'],
      env: { PATH: process.env['PATH'], ...env, [OUTBOX_WORKLOAD]: JSON.stringify(workload) },
    });
    closeSync(log);
    return new OutboxProcess(child, logFile);
  }

  /** Waits for so many more committed transactions. */
  async whenCommitted(more: number): Promise<void> {
    const wanted = this.committed + more;
    await this.when(() => this.committed >= wanted, `has committed ${more} times`);
  }

  async whenReady(): Promise<void> {
    await this.when(() => this.isReady, 'is ready');
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    this.child.kill(signal);
    await this.exited;
  }

  send(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  private async when(look: () => boolean, what: string): Promise<void> {
    const options = { timeoutMs: 60_000, intervalMs: 2, what: `a process that ${what}` };
    await eventually(() => look() || this.isGone, options).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.tail()}`);
    });
    if (this.isGone && !look()) throw new Error(`a process ended\n${this.tail()}`);
  }

  private tail(): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
  }

  private hear(message: OutboxMessage): void {
    switch (message.kind) {
      case 'ready':
        this.isReady = true;
        return;
      case 'session':
        this.sessions.push(message.id);
        return;
      case 'committed':
        this.committed += 1;
        return;
      case 'aborted':
        this.abortedIds.push(...message.eventIds);
        return;
    }
  }
}
