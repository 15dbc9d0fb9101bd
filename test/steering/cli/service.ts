import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { eventually } from 'millrace/testing';
import { freePort } from '../../e2e/app-process';
import { ROOT } from '../../e2e/checkout';
import type { CommandEnv } from './command';

const ENTRY = 'dist/tools/apps/processor/src/main.js';
const READY_MS = 90_000;

/** The processor of the emit that the command is run from, as a process of its own. */
export class ProcessorService {
  private readonly exited: Promise<number | null>;

  private constructor(private readonly child: ChildProcess) {
    this.exited = new Promise((resolve) => child.once('close', resolve));
  }

  /** Starts it and waits until its groups have joined. */
  static async start(env: CommandEnv): Promise<ProcessorService> {
    const port = await freePort();
    const child = spawn(process.execPath, ['-r', './tools/build/register-aliases.cjs', ENTRY], {
      cwd: ROOT,
      stdio: 'ignore',
      env: {
        ...{ PATH: process.env['PATH'], HTTP_HOST: '127.0.0.1', HTTP_PORT: String(port) },
        ...env,
      },
    });
    const service = new ProcessorService(child);
    const isReady = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
    await eventually(isReady, { timeoutMs: READY_MS, what: 'the processor is ready' });
    return service;
  }

  /** Drains. @returns the exit code. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return this.exited;
  }
}
