import type { Command } from 'commander';
import type { Perform } from '../program';
import { filtering } from './dead-letters.filter';
import { parkLetters } from './dead-letters.park';
import type { ParkOptions } from './dead-letters.park';
import { exportLetters, listLetters, showLetter } from './dead-letters.read';
import type { ExportOptions, ListOptions, RevealOptions } from './dead-letters.read';
import { redriveLetters } from './dead-letters.redrive';
import type { RedriveOptions } from './dead-letters.redrive';
import { writing } from './verb';

/** `dead-letters`: what failed, why, and sending it back. */
export function registerDeadLetters(program: Command, perform: Perform): void {
  const command = program
    .command('dead-letters')
    .description('what failed, why, and sending it back');
  filtering(command.command('ls').description('lists dead letters, oldest first'))
    .option('--limit <n>', 'most rows', '100')
    .option('--summary', 'counts by reason, code, group and topic instead of rows')
    .action((options: ListOptions) => perform((cli) => listLetters(cli, options)));
  revealing(command.command('show'))
    .description('one dead letter with its headers and its value; personal data is masked')
    .argument('<position>', '<topic>/<partition>/<offset>, as ls prints it')
    .action((position: string, options: RevealOptions) =>
      perform((cli) => showLetter(cli, position, options)),
    );
  revealing(
    filtering(command.command('export').description('writes dead letters as JSON lines')),
  ).action((options: ExportOptions) => perform((cli) => exportLetters(cli, options)));
  registerRedrive(command, perform);
  writing(command.command('park').description('marks dead letters as dealt with by a person'))
    .argument('<positions...>', '<topic>/<partition>/<offset>, as ls prints it')
    .option('--undo', 'takes the mark away')
    .action((positions: string[], options: ParkOptions) =>
      perform((cli) => parkLetters(cli, positions, options)),
    );
}

function revealing(command: Command): Command {
  return command
    .option('--reveal', 'values as they are, with personal data; audited, needs --reason')
    .option('--reason <text>', 'why; kept in the audit')
    .option('--by <name>', 'who; default: the user of this shell');
}

function registerRedrive(command: Command, perform: Perform): void {
  const redrive = command
    .command('redrive')
    .description('sends dead letters back to the group that failed; a dry run unless --yes')
    .argument(
      '[positions...]',
      '<topic>/<partition>/<offset>; without them, what the filter finds',
    );
  writing(filtering(redrive))
    .option('--rate <n>', 'records per second')
    .option('--max <n>', 'at most so many records')
    .option('--max-redrives <n>', 'refuses what was sent back so often already')
    .option('--force', 'also what was sent back too often')
    .option('--detach', 'leaves the job to a running service')
    .option('--resume <job>', 'goes on with a job that was interrupted')
    .option('--cancel <job>', 'ends a job; what it has sent stays sent')
    .option('--jobs', 'lists the jobs of late')
    .action((positions: string[], options: RedriveOptions) =>
      perform((cli) => redriveLetters(cli, positions, options)),
    );
}
