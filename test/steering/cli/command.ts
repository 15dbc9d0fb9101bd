import { ROOT } from '../../e2e/checkout';
import { runOnTerminal, runPiped } from './terminal';
import type { Ended } from './terminal';

/** The command of a checkout, as `npm run millrace` starts it. */
const MAIN = 'tools/millrace/main.mjs';

/** What a command sees of its surroundings, beside PATH and HOME. */
export type CommandEnv = Readonly<Record<string, string>>;

/** Servers that do not answer. */
export const CLOSED: CommandEnv = {
  KAFKA_BROKERS: '127.0.0.1:1',
  MONGODB_URI: 'mongodb://ops:canary@127.0.0.1:1/?directConnection=true',
  MONGO_SERVER_SELECTION_TIMEOUT_MS: '300',
};

/** Runs the compiled command with pipes. */
export function millrace(args: readonly string[], env: CommandEnv, input = ''): Promise<Ended> {
  return runPiped(process.execPath, [MAIN, ...args], { cwd: ROOT, env: surroundings(env), input });
}

/** Runs the compiled command on a pseudo-terminal. */
export function millraceOnTerminal(
  args: readonly string[],
  env: CommandEnv,
  input = '',
): Promise<{ readonly code: number | null; readonly screen: string }> {
  const options = { cwd: ROOT, env: surroundings(env), input };
  return runOnTerminal(process.execPath, [MAIN, ...args], options);
}

/** JSON lines of standard output. */
export function linesOf({ stdout }: Pick<Ended, 'stdout'>): ReadonlyArray<Record<string, unknown>> {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

function surroundings(env: CommandEnv): Readonly<Record<string, string | undefined>> {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, TERM: 'xterm', ...env };
}
