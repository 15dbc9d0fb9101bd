import type { Command } from 'commander';
import type { AuditEntry, AuditQuery } from 'millrace/pipeline';
import type { Cli } from '../cli';
import { parseCount } from '../input/numbers';
import { parseTime } from '../input/time';
import { jsonLine } from '../output/json';
import type { Column } from '../output/columns';
import type { Perform } from '../program';

interface ActivityOptions {
  readonly since?: string;
  readonly until?: string;
  readonly action?: string;
  readonly job?: string;
  readonly limit: string;
}

const COLUMNS: ReadonlyArray<Column<AuditEntry>> = [
  { name: 'at', value: ({ at }) => at },
  { name: 'by', value: ({ by }) => by },
  { name: 'action', value: ({ action }) => action },
  { name: 'target', value: ({ target }) => jsonLine(target) },
  { name: 'result', value: ({ result }) => (result === undefined ? null : jsonLine(result)) },
  { name: 'reason', value: ({ reason }) => reason, shrinks: true },
];

/** `activity`: who did what and why. */
export function registerActivity(program: Command, perform: Perform): void {
  program
    .command('activity')
    .description('who did what, why, and what came of it; newest first')
    .option('--since <time>', 'from then on: 2026-01-31T08:00:00Z, or 15m, 2h, 1d ago')
    .option('--until <time>', 'before then')
    .option('--action <name>', 'one action, such as pause or redrive.start')
    .option('--job <id>', 'of one redrive or replay')
    .option('--limit <n>', 'most entries', '100')
    .action((options: ActivityOptions) => perform((cli) => activity(cli, options)));
}

async function activity(cli: Cli, options: ActivityOptions): Promise<void> {
  const query = queryOf(cli, options);
  const { operations } = await cli.servers('database');
  const count = await cli.output.rows(COLUMNS, await operations.activity.list(query));
  if (count === 0) cli.output.note('nobody did anything of the kind');
}

function queryOf(cli: Cli, { since, until, action, job, limit }: ActivityOptions): AuditQuery {
  const now = cli.edge.clock.now();
  return {
    limit: parseCount('--limit', limit, { min: 1 }),
    ...(since === undefined ? {} : { since: parseTime('--since', since, now) }),
    ...(until === undefined ? {} : { until: parseTime('--until', until, now) }),
    ...(action === undefined ? {} : { action }),
    ...(job === undefined ? {} : { jobId: job }),
  };
}
