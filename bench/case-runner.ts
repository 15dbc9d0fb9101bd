import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CaseFigures, CaseOrder } from './bench.order';

/** Longest time of one case; beyond it something is stuck. */
const CASE_DEADLINE_MS = 90_000;
const TAIL_CHARACTERS = 2_000;

/** Runs one case in a process of its own. */
export async function runCase(order: CaseOrder): Promise<CaseFigures> {
  const child = fork(join(__dirname, 'case-process.js'), {
    execArgv: process.execArgv,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const tail = tailOf(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), CASE_DEADLINE_MS);
  try {
    child.send(order);
    const answer = await Promise.race([once(child, 'message'), earlyExit(child, order.name, tail)]);
    // The next case has the machine for itself.
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return answer[0] as CaseFigures;
  } finally {
    clearTimeout(timer);
  }
}

/** Starts the server that acknowledges and forgets. */
export async function startAbsorbingMongo(): Promise<{ child: ChildProcess; uri: string }> {
  const child = fork(join(__dirname, 'absorbing-mongo.js'), { execArgv: [] });
  const [port] = (await once(child, 'message')) as [number];
  return { child, uri: `mongodb://127.0.0.1:${port}/bench?replicaSet=rs0` };
}

async function earlyExit(child: ChildProcess, name: string, tail: () => string): Promise<never> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  const end = `case ${name} ended with ${code ?? signal ?? '?'} before it had figures`;
  throw new Error(`${end}; its last lines:\n${tail()}`);
}

/** Log lines of a service are of interest only when it fails: dead letters have one each. */
function tailOf(child: ChildProcess): () => string {
  let tail = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-TAIL_CHARACTERS);
  });
  return () => tail;
}
