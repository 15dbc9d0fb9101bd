import type { Command } from 'commander';
import type { Contract } from 'millrace/contracts';
import type { Cli } from '../cli';
import { CliUsageError } from '../cli.errors';
import { parseCount } from '../input/numbers';
import { parseTime } from '../input/time';
import { shownCell } from '../output/columns';
import { jsonLine } from '../output/json';
import type { Column } from '../output/columns';
import type { Perform } from '../program';
import { contractOf } from '../project';
import { readRecord } from './tail.event';
import type { TailedEvent } from './tail.event';
import { LogTail } from './tail.log';

interface TailOptions {
  readonly lines: string;
  readonly from?: string;
  readonly partition?: string;
  readonly follow?: boolean;
  readonly valueOnly?: boolean;
}

const COLUMNS: ReadonlyArray<Column<TailedEvent>> = [
  { name: 'time', value: ({ timestamp }) => timestamp },
  { name: 'partition', value: ({ partition }) => partition, align: 'right' },
  { name: 'offset', value: ({ offset }) => offset, align: 'right' },
  { name: 'key', value: ({ key }) => key },
  { name: 'event id', value: ({ eventId }) => eventId },
  { name: 'event', value: (event) => textOf(event), shrinks: true },
];

/** `tail`: the last events of a contract, or all of them as they come. */
export function registerTail(program: Command, perform: Perform): void {
  program
    .command('tail')
    .description('the last events of a contract; without a group, so nobody else notices')
    .argument('<contract>', 'name of the contract, or its topic')
    .option('-n, --lines <n>', 'the last so many', '10')
    .option('--from <time>', 'from then on instead: a time, 15m (ago), or beginning')
    .option('--partition <n>', 'one partition')
    .option('-f, --follow', 'goes on with what comes, until Ctrl-C')
    .option('--value-only', 'only the events as JSON lines, for millrace produce')
    .action((name: string, options: TailOptions) => perform((cli) => tail(cli, name, options)));
}

async function tail(cli: Cli, name: string, options: TailOptions): Promise<void> {
  const contract = contractOf(cli.requireProject(), name);
  const lines = parseCount('--lines', options.lines);
  const from = options.from === undefined ? undefined : startOf(cli, options.from);
  const partition =
    options.partition === undefined ? undefined : parseCount('--partition', options.partition);
  if (options.valueOnly === true && contract.personalData.length > 0) {
    throw new CliUsageError({
      message: '--value-only is refused: the contract has personal data, which tail masks',
      likelyCause: 'masked events would be published as if they were real',
      fix: 'leave --value-only out',
    });
  }
  const { driver } = await cli.servers('kafka');
  const log = new LogTail({ driver, clock: cli.edge.clock, signal: cli.edge.signal });
  try {
    const records = log.read({
      topic: contract.topic,
      partition,
      lines,
      from,
      follow: options.follow === true,
    });
    await print(cli, contract, records, options);
  } finally {
    await log.close();
  }
}

async function print(
  cli: Cli,
  contract: Contract,
  records: ReturnType<LogTail['read']>,
  { valueOnly = false, follow = false }: TailOptions,
): Promise<void> {
  const events = mapped(records, (record) => readRecord(contract, record));
  if (valueOnly) {
    for await (const { event, error } of events) {
      if (error === undefined) await cli.output.line(jsonLine(event));
      else cli.output.note(`left out: ${error.code}  ${error.message}`);
    }
    return;
  }
  // A table waits for rows to measure; what comes as it comes is shown as it comes.
  if (follow && cli.output.format === 'table') {
    for await (const event of events) await cli.output.line(lineOf(event));
    return;
  }
  const count = await cli.output.rows(COLUMNS, events);
  if (count === 0) cli.output.note(`topic ${contract.topic} has no such record`);
}

async function* mapped<A, B>(all: AsyncIterable<A>, map: (each: A) => B): AsyncGenerator<B> {
  for await (const each of all) yield map(each);
}

const textOf = ({ event, error }: TailedEvent) =>
  error === undefined ? jsonLine(event) : `${error.code}  ${error.message}`;

const lineOf = (event: TailedEvent) => COLUMNS.map((column) => shownCell(column, event)).join('  ');

function startOf(cli: Cli, text: string): 'beginning' | Date {
  return text === 'beginning' ? text : parseTime('--from', text, cli.edge.clock.now());
}
