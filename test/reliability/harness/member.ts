import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from 'millrace/testing';
import { ROOT } from '../../e2e/checkout';
import type { MemberMessage } from '../service/messages';

const ENTRY = 'dist/tools/test/reliability/service/main.js';
const ALIASES = './tools/build/register-aliases.cjs';
const LISTENING_TIMEOUT_MS = 60_000;

/** How a process ended. */
export interface MemberExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It was inside of a write when it ended. */
  readonly insideWork: boolean;
}

/** One process of the workload: a member of each of its groups. */
export class Member {
  /** Resolves when the process is gone and its last message was read. */
  readonly exited: Promise<MemberExit>;
  /** Sent by the harness; an exit without it is a finding. */
  signalled: NodeJS.Signals | null = null;
  url: string | null = null;
  begun = 0;
  /** What still held its event loop after the drain. */
  leftOver: readonly string[] = [];
  private ended = 0;
  private ending: MemberExit | null = null;

  private constructor(
    readonly name: string,
    readonly logFile: string,
    private readonly child: ChildProcess,
  ) {
    child.on('message', (message) => this.hear(message as MemberMessage));
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.ending = { code, signal, insideWork: this.begun > this.ended };
        resolve(this.ending);
      });
    });
  }

  /** @param env - the whole environment beside PATH. */
  static start(
    name: string,
    logFile: string,
    env: Readonly<Record<string, string>>,
    nodeArguments: readonly string[] = [],
  ): Member {
    const log = openSync(logFile, 'a');
    const child = fork(join(ROOT, ENTRY), [], {
      cwd: ROOT,
      execArgv: [...nodeArguments, '-r', ALIASES],
      stdio: ['ignore', log, log, 'ipc'],
      env: { PATH: process.env['PATH'], ...env },
    });
    closeSync(log);
    return new Member(name, logFile, child);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get exit(): MemberExit | null {
    return this.ending;
  }

  get isAlive(): boolean {
    return this.ending === null && this.signalled === null;
  }

  /** As far as it has told: a write was begun and is not over. */
  get isInsideWork(): boolean {
    return this.begun > this.ended;
  }

  /** @throws {Error} with the end of its log when it does not serve HTTP in time. */
  async whenListening(): Promise<this> {
    await this.when(() => this.url !== null, LISTENING_TIMEOUT_MS, 'listens');
    return this;
  }

  /** @throws {Error} with the end of its log. */
  async whenReady(timeoutMs = 60_000): Promise<this> {
    await this.when(() => this.isReady(), timeoutMs, 'is ready');
    return this;
  }

  async isReady(): Promise<boolean> {
    return this.url !== null && (await fetch(`${this.url}/readyz`)).ok;
  }

  /** The page of metrics. */
  async metrics(): Promise<string> {
    return (await fetch(`${this.url}/metrics`)).text();
  }

  /** Sum of a metric over the series whose labels have all of these texts; example `('x_total', 'outcome="stored"')`. */
  async metric(name: string, ...labels: readonly string[]): Promise<number> {
    const lines = (await this.metrics()).split('\n').filter((line) => line.startsWith(name));
    const series = lines.filter((line) => /^[{ ]/.test(line.slice(name.length)));
    const chosen = series.filter((line) => labels.every((label) => line.includes(label)));
    return chosen.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  /** Resident memory now; 0 where the system does not tell; unit bytes. */
  residentBytes(): number {
    try {
      const pages = readFileSync(`/proc/${this.pid}/statm`, 'utf8').split(' ')[1];
      return Number(pages) * 4_096;
    } catch {
      return 0;
    }
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals): Promise<MemberExit> {
    this.send(signal);
    return this.exited;
  }

  /** Sends a signal; SIGSTOP and SIGCONT end nothing. */
  send(signal: NodeJS.Signals): void {
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') this.signalled ??= signal;
    this.child.kill(signal);
  }

  /** The last lines of its log, for the message of a failing test. */
  tail(lines = 15): string {
    const text = readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines);
    return [`${this.name}:`, ...text.map((line) => line.slice(0, 400))].join('\n  ');
  }

  private async when(
    look: () => boolean | Promise<boolean>,
    timeoutMs: number,
    what: string,
  ): Promise<void> {
    const answer = async () => this.ending !== null || (await look());
    await eventually(answer, { timeoutMs, intervalMs: 50, what: `${this.name} ${what}` }).catch(
      (error: Error) => {
        throw new Error(`${error.message}\n${this.tail()}`);
      },
    );
    if (this.ending === null) return;
    throw new Error(`${this.name} ended (${JSON.stringify(this.ending)})\n${this.tail()}`);
  }

  private hear(message: MemberMessage): void {
    switch (message.kind) {
      case 'listening':
        this.url = message.url;
        return;
      case 'work':
        this.begun = message.begun;
        this.ended = message.ended;
        return;
      case 'leaving':
        this.leftOver = message.resources;
        return;
    }
  }
}
