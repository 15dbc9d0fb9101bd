import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { systemClock } from 'millrace/retry';
import type { CliEdge, CliStop, TextOutput } from './edge';
import { EXIT_CODES } from './exit-codes';
import { nestLib } from './lazy';
import { jsonLine } from './output/json';
import { runCli } from './run-cli';
import { createServers } from './servers';

/** The part of `process` that the command needs. Only main.ts hands over the real one. */
export interface CommandProcess {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  exitCode?: number | string | null | undefined;
  cwd(): string;
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(code: number): void;
}

/** How long open handles may keep a finished command; unit ms. */
const LINGER_MS = 1_000;

/**
 * Runs the command of this process.
 *
 * Promises: the first Ctrl-C ends what runs in order, the second one at once; a reader that goes
 * away (`| head`) ends it silently; no handle keeps a finished command.
 */
export async function runProcess(host: CommandProcess): Promise<void> {
  const stopping = new AbortController();
  const stop = (reason: CliStop) => stopping.abort(reason);
  const interrupt = () => {
    if (stopping.signal.aborted) host.exit(EXIT_CODES.interrupted);
    else stop('interrupted');
  };
  host.on('SIGINT', interrupt);
  host.on('SIGTERM', interrupt);
  // Nobody reads any more, or the terminal is gone: there is nobody to tell.
  host.stdout.on('error', () => stop('output-closed'));
  host.stderr.on('error', () => undefined);
  const argv = host.argv.slice(2);
  const code = await runCli(argv, edgeOf(host, stopping.signal, argv.includes('--verbose')));
  host.exitCode = code;
  host.stdin.destroy();
  setTimeout(() => host.exit(code), LINGER_MS).unref();
}

function edgeOf(host: CommandProcess, signal: AbortSignal, isVerbose: boolean): CliEdge {
  const edge: Omit<CliEdge, 'servers'> = {
    stdin: host.stdin,
    stdout: host.stdout,
    stderr: host.stderr,
    env: host.env,
    directory: host.cwd(),
    version: ownVersion(__dirname),
    user: () => userOf(host.env),
    clock: systemClock,
    random: Math.random,
    signal,
  };
  return {
    ...edge,
    servers: (settings, project) => {
      sendLog(host.stderr, isVerbose);
      return createServers(edge, settings, project);
    },
  };
}

/** The libs log through Nest, which would write to standard output: there are results only. */
function sendLog(stderr: TextOutput, isVerbose: boolean): void {
  const { Logger } = nestLib();
  if (!isVerbose) {
    Logger.overrideLogger(false);
    return;
  }
  const write =
    (level: string) =>
    (message: unknown, ...rest: readonly unknown[]) =>
      stderr.write(`${jsonLine({ level, message, rest })}\n`);
  Logger.overrideLogger({
    log: write('info'),
    warn: write('warn'),
    error: write('error'),
    debug: write('debug'),
  });
}

/** A user without an entry in the password file, as in many containers, has no name. */
function userOf(env: CliEdge['env']): string {
  try {
    return userInfo().username;
  } catch {
    return env['USER'] ?? 'unknown';
  }
}

/** The package.json of this package, however deep its code was emitted. */
function ownVersion(from: string): string {
  for (let directory = from; directory !== dirname(directory); directory = dirname(directory)) {
    const path = join(directory, 'package.json');
    if (!existsSync(path)) continue;
    const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    if (name === 'millrace' && typeof version === 'string') return version;
  }
  return 'unknown';
}
