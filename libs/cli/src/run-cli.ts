import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { MillraceError, deepestMillraceError, renderError } from 'millrace/errors';
import { Cli } from './cli';
import type { GlobalOptions } from './cli';
import { CliUnexpectedError, CliUsageError } from './cli.errors';
import type { CliEdge, CliStop } from './edge';
import { EXIT_CODES, exitCodeOf, exitCodeOfStop } from './exit-codes';
import type { ExitCode } from './exit-codes';
import { plainText } from './output/text';
import { createProgram } from './program';

/**
 * Runs one command line, from its arguments to its exit code.
 *
 * Promises: results go to standard output and nothing else does; every error has its five parts on
 * standard error, without a stack and without secrets; connections are closed before it resolves.
 *
 * @param argv - without the names of node and of the program.
 * @returns one of {@link EXIT_CODES}; never rejects.
 */
export async function runCli(argv: readonly string[], edge: CliEdge): Promise<ExitCode> {
  const call: { cli?: Cli; code: ExitCode } = { code: EXIT_CODES.ok };
  const program = createProgram(edge, async (globals, act) => {
    call.cli = new Cli(edge, globals);
    call.code = (await act(call.cli)) ?? EXIT_CODES.ok;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return stopOf(edge) ?? call.code;
  } catch (error) {
    return stopOf(edge) ?? report(edge, error, call.cli?.globals ?? {}, verbOf(program, argv));
  } finally {
    await call.cli?.close().catch(() => undefined);
  }
}

function stopOf({ signal }: CliEdge): ExitCode | undefined {
  return signal.aborted ? exitCodeOfStop(signal.reason as CliStop) : undefined;
}

function report(edge: CliEdge, error: unknown, globals: GlobalOptions, verb: string): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT_CODES.ok;
  const told = asMillraceError(error, verb);
  const text = renderError(told).split('\n').map(plainText).join('\n');
  edge.stderr.write(`${text}\n`);
  if (globals.verbose === true && error instanceof Error) {
    edge.stderr.write(`${(error.stack ?? '').split('\n').map(plainText).join('\n')}\n`);
  }
  return exitCodeOf(told);
}

function asMillraceError(error: unknown, verb: string): MillraceError {
  if (error instanceof CommanderError) return usageError(error, verb);
  if (error instanceof MillraceError) return error;
  const coded = deepestMillraceError(error);
  if (coded !== undefined) return coded;
  const name = error instanceof Error ? error.name : typeof error;
  // The message of a foreign error may hold an address with a password, or a value of a record.
  return new CliUnexpectedError({ message: `the command broke: ${name}`, cause: error });
}

function usageError({ code, message }: CommanderError, verb: string): CliUsageError {
  // The help is the answer to a group of verbs without a verb.
  const isVerbMissing = code === 'commander.help';
  const text = isVerbMissing
    ? 'a verb is missing'
    : message
        .replace(/^error: /, '')
        .split('\n')
        .join(' ')
        .trim();
  return new CliUsageError({ message: text, fix: `${verb} --help` });
}

/** The longest beginning of the arguments that names a verb; example `millrace dead-letters ls`. */
function verbOf(program: Command, argv: readonly string[]): string {
  let command = program;
  const names = [program.name()];
  for (const word of argv) {
    const child = command.commands.find((each) => each.name() === word);
    if (child === undefined) continue;
    command = child;
    names.push(word);
  }
  return names.join(' ');
}
