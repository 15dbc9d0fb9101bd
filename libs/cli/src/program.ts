import { Command, Option } from 'commander';
import type { Cli, GlobalOptions } from './cli';
import type { CliEdge } from './edge';
import type { ExitCode } from './exit-codes';
import { FORMATS } from './output/output';
import { collect } from './program.options';
import { VERBS } from './verbs/verbs';

/** What a verb does; no answer means exit code 0. */
export type Act = (cli: Cli) => Promise<ExitCode | void>;

/** Turns what a verb does into an action of commander. */
export type Perform = (act: Act) => Promise<void>;

const EXIT_CODE_TEXT = `
Exit codes: 0 done, 1 something was found, 2 wrong usage, 3 no connection, 4 refused by a rule, 130 interrupted.`;

/** Makes the whole command line. @param start - gets the options that every verb has. */
export function createProgram(
  edge: Pick<CliEdge, 'stdout' | 'stderr' | 'version'>,
  start: (globals: GlobalOptions, act: Act) => Promise<void>,
): Command {
  const program = new Command('millrace');
  program
    .description('Steers pipelines on Kafka and MongoDB.')
    .version(edge.version, '-V, --version', 'print the version')
    .addOption(
      new Option('-o, --output <format>', 'default: table on a terminal, else columns').choices([
        ...FORMATS,
      ]),
    )
    .option('--project <file>', 'compiled module with contracts and settings of the project')
    .option('--env-file <file>', 'file of KEY=VALUE lines; may be repeated', collect)
    .option('--verbose', 'log of the libs, and stacks, on standard error')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', EXIT_CODE_TEXT)
    .showSuggestionAfterError();
  for (const register of VERBS) register(program, (act) => start(program.opts(), act));
  return settle(program, edge);
}

/** Every command, also those below others, throws instead of leaving, and writes to our streams. */
function settle(command: Command, edge: Pick<CliEdge, 'stdout' | 'stderr'>): Command {
  command
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, helpWidth: 100 })
    .configureOutput({
      writeOut: (text) => edge.stdout.write(text),
      // What is wrong is told once, in five parts.
      writeErr: () => undefined,
    });
  command.commands.forEach((child) => settle(child, edge));
  return command;
}
