import type { Command } from 'commander';
import type { GroupLagView, PartitionLagView } from 'millrace/operations';
import { sleep } from 'millrace/retry';
import type { Cli } from '../cli';
import { parseDurationMs } from '../input/time';
import type { Perform } from '../program';
import type { Column } from '../output/columns';
import { seconds } from '../output/text';

interface LagOptions {
  readonly watch?: boolean;
  readonly interval: string;
}

type Line = PartitionLagView & { readonly groupId: string };

const COLUMNS: ReadonlyArray<Column<Line>> = [
  { name: 'group', value: ({ groupId }) => groupId },
  { name: 'topic', value: ({ topic }) => topic, shrinks: true },
  { name: 'partition', value: ({ partition }) => partition, align: 'right' },
  { name: 'committed', value: ({ committed }) => committed, align: 'right' },
  { name: 'end', value: ({ end }) => end, align: 'right' },
  { name: 'lag', value: ({ lag }) => lag, align: 'right' },
  {
    name: 'behind',
    value: ({ lagSeconds }) => lagSeconds,
    shown: ({ lagSeconds }) => (lagSeconds === null ? '-' : seconds(lagSeconds)),
    align: 'right',
  },
  {
    name: 'owner',
    value: ({ owner }) => owner?.clientId,
    shown: ({ owner }) => (owner === null ? '-' : `${owner.clientId}${owner.host}`),
  },
];

/** `lag`: how far groups are behind, in records and in seconds, and who has the partitions. */
export function registerLag(program: Command, perform: Perform): void {
  program
    .command('lag')
    .description('how far groups are behind, per partition, in records and seconds')
    .argument('[groups...]', 'consumer groups; default: those of the services')
    .option('-w, --watch', 'again and again, until Ctrl-C')
    .option('--interval <time>', 'of --watch', '2s')
    .action((groups: string[], options: LagOptions) => perform((cli) => lag(cli, groups, options)));
}

async function lag(cli: Cli, groups: readonly string[], options: LagOptions): Promise<void> {
  const everyMs = parseDurationMs('--interval', options.interval);
  const { operations } = await cli.servers('kafka', 'database');
  const read = () => operations.groups.lag(groups.length === 0 ? undefined : groups);
  if (options.watch !== true) return print(cli, await read());
  for (;;) {
    const lags = await read();
    await clearScreen(cli);
    await print(cli, lags);
    await sleep(cli.edge.clock, everyMs, cli.edge.signal);
  }
}

async function print(cli: Cli, lags: readonly GroupLagView[]): Promise<void> {
  const lines = lags.flatMap(({ groupId, partitions }) =>
    partitions.map((partition) => ({ groupId, ...partition })),
  );
  await cli.output.rows(COLUMNS, lines);
  if (lines.length === 0) cli.output.note('no group of the services reads anything yet');
}

/** Only on a terminal; in a pipe each reading follows the one before. */
export async function clearScreen(cli: Cli): Promise<void> {
  if (cli.output.format === 'table' && cli.edge.stdout.isTTY === true) {
    await cli.output.raw('\u001b[H\u001b[2J');
  }
}
