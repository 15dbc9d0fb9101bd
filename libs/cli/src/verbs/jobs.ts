import type { Job } from 'millrace/pipeline';
import type { Cli } from '../cli';
import type { Column } from '../output/columns';

const MOST_JOBS = 50;

const COLUMNS: ReadonlyArray<Column<Job>> = [
  { name: 'job', value: ({ id }) => id },
  { name: 'state', value: ({ state }) => state },
  { name: 'started', value: ({ createdAt }) => createdAt },
  { name: 'by', value: ({ audit }) => audit.by },
  { name: 'progress', value: ({ progress }) => progressText(progress) },
  { name: 'reason', value: ({ audit }) => audit.reason, shrinks: true },
];

/** Lists the jobs of late, newest first. */
export async function listJobs(cli: Cli, kind: Job['kind']): Promise<void> {
  const { operations } = await cli.servers('database');
  const jobs = await (kind === 'redrive' ? operations.redrives : operations.replays).list();
  const count = await cli.output.rows(COLUMNS, jobs.slice(0, MOST_JOBS));
  if (count === 0) cli.output.note(`there is no ${kind}`);
}

/** Shows one job with what it has done. */
export async function showJob(cli: Cli, job: Job): Promise<void> {
  await cli.output.facts(
    [
      ['job', job.id],
      ['state', job.state],
      ...countsOf(job.progress),
      ...(job.error === undefined
        ? []
        : [['error', `${job.error.code}  ${job.error.message}`] as const]),
    ],
    job,
  );
}

/** The plain numbers of a progress, by name. */
function countsOf(progress: unknown): ReadonlyArray<readonly [string, number]> {
  return Object.entries(Object(progress) as Record<string, unknown>).flatMap(([name, value]) =>
    typeof value === 'number' ? [[name, value] as const] : [],
  );
}

const progressText = (progress: unknown) =>
  countsOf(progress)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
