import type { RedriveJob, RedrivePreview, RedriveSpec } from 'millrace/operations';
import type { Cli } from '../cli';
import { CliUsageError } from '../cli.errors';
import { actorOf, confirm, pipelineOfTopic } from '../confirm';
import type { WriteOptions } from '../confirm';
import { EXIT_CODES } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { parseCount } from '../input/numbers';
import { parsePosition } from '../input/position';
import { jsonLine } from '../output/json';
import { number, seconds } from '../output/text';
import { LETTER_COLUMNS, letterJson } from './dead-letters.columns';
import { filterOf } from './dead-letters.filter';
import type { FilterOptions } from './dead-letters.filter';
import { listJobs, showJob } from './jobs';

export interface RedriveOptions extends FilterOptions, WriteOptions {
  readonly rate?: string;
  readonly max?: string;
  readonly maxRedrives?: string;
  readonly force?: boolean;
  readonly detach?: boolean;
  readonly resume?: string;
  readonly cancel?: string;
  readonly jobs?: boolean;
}

/** `dead-letters redrive` */
export async function redriveLetters(
  cli: Cli,
  positions: readonly string[],
  options: RedriveOptions,
): Promise<ExitCode | void> {
  const { resume, cancel, jobs } = options;
  if (jobs === true) return listJobs(cli, 'redrive');
  if (cancel !== undefined) return cancelJob(cli, cancel, options);
  if (resume !== undefined) return run(cli, resume);
  const spec = specOf(cli, positions, options);
  if (options.yes !== true || options.dryRun === true) return preview(cli, spec, options);
  const actor = actorOf(cli, options);
  await confirm(cli, options, { pipeline: pipelineOf(cli, spec), what: 'redrive dead letters' });
  const { redrives } = (await cli.servers('kafka', 'database')).operations;
  const job = await redrives.start(spec, actor);
  if (options.detach === true) return showJob(cli, job);
  return run(cli, job.id);
}

async function preview(cli: Cli, spec: RedriveSpec, options: RedriveOptions): Promise<void> {
  const { redrives } = (await cli.servers('kafka', 'database')).operations;
  const found = await redrives.preview(spec);
  if (cli.output.isJson) {
    const samples = found.samples.map(letterJson);
    await cli.output.line(jsonLine({ dryRun: true, ...found, samples }));
  } else await showPreview(cli, found);
  if (found.matching > 0 && options.dryRun !== true) {
    cli.output.note('nothing was sent: this is a dry run. To send: --yes --reason "why"');
  }
}

async function showPreview(cli: Cli, found: RedrivePreview): Promise<void> {
  const { matching, refused, estimateSeconds, byTarget, samples } = found;
  await cli.output.facts(
    [
      ['matching', matching],
      ...Object.entries(refused)
        .filter(([, count]) => count > 0)
        .map(([why, count]) => [`refused (${why})`, count] as const),
      ['takes', estimateSeconds, `about ${seconds(estimateSeconds)}`],
    ],
    {},
  );
  await cli.output.head('targets');
  await cli.output.rows(
    [
      { name: 'count', value: ({ count }) => count, align: 'right' },
      { name: 'topic', value: ({ topic }) => topic },
      { name: 'group', value: ({ groupId }) => groupId },
    ],
    byTarget,
  );
  // In a pipe the counts are what is asked for.
  if (cli.output.format !== 'table' || samples.length === 0) return;
  await cli.output.head('samples');
  await cli.output.rows(LETTER_COLUMNS, samples);
}

async function run(cli: Cli, id: string): Promise<ExitCode> {
  const { redrives } = (await cli.servers('kafka', 'database')).operations;
  const { signal } = cli.edge;
  const bar = cli.progress('redrive');
  let job: RedriveJob;
  try {
    const onProgress = ({ progress }: RedriveJob) => bar.show(progress.done, progress.total);
    job = await redrives.run(id, { signal, onProgress });
  } finally {
    bar.end();
    if (signal.aborted)
      cli.output.note(`it can go on: millrace dead-letters redrive --resume ${id}`);
  }
  signal.throwIfAborted();
  return showResult(cli, job);
}

async function showResult(cli: Cli, job: RedriveJob): Promise<ExitCode> {
  await showJob(cli, job);
  const refused = Object.entries(job.progress.refused).filter(([, count]) => count > 0);
  for (const [why, count] of refused) cli.output.note(`refused, ${why}: ${number(count)}`);
  const isWhole = job.state === 'done' && job.progress.failed === 0;
  return isWhole ? EXIT_CODES.ok : EXIT_CODES.finding;
}

async function cancelJob(cli: Cli, id: string, options: RedriveOptions): Promise<void> {
  const actor = actorOf(cli, options);
  if (options.dryRun === true)
    return cli.output.facts([['would cancel', id]], { job: id, dryRun: true });
  const { redrives } = (await cli.servers('kafka', 'database')).operations;
  await redrives.cancel(id, actor);
  await cli.output.facts([['cancelled', id]], { job: id, cancelled: true });
}

function specOf(cli: Cli, positions: readonly string[], options: RedriveOptions): RedriveSpec {
  const { rate, max, maxRedrives, force } = options;
  const filter = filterOf(cli, options);
  if (positions.length > 0 && Object.keys(filter).length > 0) {
    throw new CliUsageError({ message: 'positions and filters together make no sense' });
  }
  return {
    filter: positions.length > 0 ? { positions: positions.map(parsePosition) } : filter,
    ...(rate === undefined ? {} : { ratePerSecond: parseCount('--rate', rate, { min: 1 }) }),
    ...(max === undefined ? {} : { maxRecords: parseCount('--max', max, { min: 1 }) }),
    ...(maxRedrives === undefined
      ? {}
      : { maxRedrives: parseCount('--max-redrives', maxRedrives, { min: 1 }) }),
    ...(force === true ? { force } : {}),
  };
}

/** What is to be typed in production; `all` when the selection is not bound to one topic. */
function pipelineOf(cli: Cli, { filter }: RedriveSpec): string {
  const topics =
    'positions' in filter ? filter.positions.map(({ topic }) => topic) : [filter.topic];
  const [topic, ...others] = new Set(topics);
  if (topic === undefined || others.length > 0) return 'all';
  return pipelineOfTopic(cli, topic.replace(/\.dead-letter$/, ''));
}
