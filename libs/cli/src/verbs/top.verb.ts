import type { Command } from 'commander';
import type { GroupLagView } from 'millrace/operations';
import { sleep } from 'millrace/retry';
import type { Cli } from '../cli';
import { parseCount } from '../input/numbers';
import { parseDurationMs } from '../input/time';
import type { Perform } from '../program';
import type { Column } from '../output/columns';
import { seconds } from '../output/text';
import { clearScreen } from './lag.verb';

interface TopOptions {
  readonly interval: string;
  readonly count?: string;
}

/** One group between two readings. */
interface GroupPace {
  readonly groupId: string;
  readonly state: string;
  readonly owners: number;
  readonly partitions: number;
  /** Records of the log per second; null at the first reading. */
  readonly inPerSecond: number | null;
  /** Records committed per second; null at the first reading. */
  readonly outPerSecond: number | null;
  readonly lag: number;
  readonly lagSeconds: number | null;
}

const rate = (value: number | null) => (value === null ? '-' : value.toFixed(1));

const COLUMNS: ReadonlyArray<Column<GroupPace>> = [
  { name: 'group', value: ({ groupId }) => groupId, shrinks: true },
  { name: 'state', value: ({ state }) => state },
  { name: 'owners', value: ({ owners }) => owners, align: 'right' },
  { name: 'partitions', value: ({ partitions }) => partitions, align: 'right' },
  {
    name: 'in/s',
    value: ({ inPerSecond }) => inPerSecond,
    shown: ({ inPerSecond }) => rate(inPerSecond),
    align: 'right',
  },
  {
    name: 'out/s',
    value: ({ outPerSecond }) => outPerSecond,
    shown: ({ outPerSecond }) => rate(outPerSecond),
    align: 'right',
  },
  { name: 'lag', value: ({ lag }) => lag, align: 'right' },
  {
    name: 'behind',
    value: ({ lagSeconds }) => lagSeconds,
    shown: ({ lagSeconds }) => (lagSeconds === null ? '-' : seconds(lagSeconds)),
    align: 'right',
  },
];

/** `top`: one line per group, redrawn. */
export function registerTop(program: Command, perform: Perform): void {
  program
    .command('top')
    .description('one line per group: what comes in, what goes out, what waits; until Ctrl-C')
    .argument('[groups...]', 'consumer groups; default: those of the services')
    .option('--interval <time>', 'between two readings', '1s')
    .option('--count <n>', 'stop after so many readings')
    .action((groups: string[], options: TopOptions) => perform((cli) => top(cli, groups, options)));
}

async function top(cli: Cli, groups: readonly string[], options: TopOptions): Promise<void> {
  const everyMs = parseDurationMs('--interval', options.interval);
  const most =
    options.count === undefined ? Infinity : parseCount('--count', options.count, { min: 1 });
  const { operations } = await cli.servers('kafka', 'database');
  let before: Reading | undefined;
  for (let count = 1; count <= most; count += 1) {
    if (count > 1) await sleep(cli.edge.clock, everyMs, cli.edge.signal);
    const lags = await operations.groups.lag(groups.length === 0 ? undefined : groups);
    const now: Reading = { atMs: cli.edge.clock.monotonicMs(), lags };
    await clearScreen(cli);
    await cli.output.rows(COLUMNS, paces(now, before));
    before = now;
  }
}

interface Reading {
  readonly atMs: number;
  readonly lags: readonly GroupLagView[];
}

function paces(now: Reading, before: Reading | undefined): GroupPace[] {
  const elapsed = before === undefined ? 0 : (now.atMs - before.atMs) / 1_000;
  return now.lags.map((group) => {
    const earlier = before?.lags.find(({ groupId }) => groupId === group.groupId);
    const perSecond = (sum: (lag: GroupLagView) => bigint) =>
      earlier === undefined || elapsed <= 0
        ? null
        : Math.max(0, Number(sum(group) - sum(earlier)) / elapsed);
    return {
      groupId: group.groupId,
      state: group.state,
      owners: new Set(group.partitions.flatMap(({ owner }) => owner?.memberId ?? [])).size,
      partitions: group.partitions.length,
      inPerSecond: perSecond(({ partitions }) => total(partitions.map(({ end }) => end))),
      outPerSecond: perSecond(({ partitions }) =>
        total(partitions.map(({ committed, earliest }) => committed ?? earliest)),
      ),
      lag: group.lag,
      lagSeconds: group.lagSeconds,
    };
  });
}

const total = (offsets: readonly bigint[]) => offsets.reduce((sum, offset) => sum + offset, 0n);
