import { Option } from 'commander';
import type { Command } from 'commander';
import type { Perform } from '../program';

/** Adds a verb to the command line. */
export type RegisterVerb = (program: Command, perform: Perform) => void;

/** Adds the options of everything that writes. */
export function writing(command: Command): Command {
  return command
    .option('--dry-run', 'only show what would be done')
    .option('-y, --yes', 'do it; in production together with --reason')
    .option('--reason <text>', 'why; kept in the audit')
    .option('--by <name>', 'who; default: the user of this shell');
}

/** An option that must be given; commander says so itself. */
export function required(flags: string, description: string): Option {
  return new Option(flags, description).makeOptionMandatory();
}
