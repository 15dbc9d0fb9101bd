import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Written to standard input, or typed on the terminal. */
  readonly input?: string;
}

/** Runs a program with pipes. */
export async function runPiped(
  program: string,
  args: readonly string[],
  { cwd, env, input = '' }: RunOptions,
): Promise<Ended> {
  const child = spawn(program, [...args], { cwd, env: { ...env }, stdio: 'pipe' });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await closed, stdout, stderr };
}

/**
 * Runs a program on a pseudo-terminal of 120 columns, by `script` of util-linux or by Python.
 *
 * @returns what a person would see, standard output and error together, and the exit code.
 * @throws {Error} when the machine has neither.
 */
export async function runOnTerminal(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<{ readonly code: number | null; readonly screen: string }> {
  const command = [program, ...args].map(quoted).join(' ');
  const [host, ...hostArgs] = terminalHost(`stty cols 120 rows 40 -echo; exec ${command}`);
  const { code, stdout } = await runPiped(host, hostArgs, options);
  return { code, screen: stdout.replaceAll('\r\n', '\n') };
}

const PYTHON = `import os, pty, sys
status = pty.spawn(["/bin/sh", "-c", sys.argv[1]])
sys.exit(os.waitstatus_to_exitcode(status))`;

function terminalHost(command: string): [string, ...string[]] {
  if (process.platform === 'linux' && isInstalled('script')) {
    return ['script', '-qec', command, '/dev/null'];
  }
  if (isInstalled('python3')) return ['python3', '-c', PYTHON, command];
  throw new Error(
    'no pseudo-terminal: install util-linux (script) or python3, whichever this machine has',
  );
}

function isInstalled(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
