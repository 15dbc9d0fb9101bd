import type { Command } from 'commander';
import type { ReplayPosition, ReplayPreview, ReplaySpec } from 'millrace/operations';
import type { Job } from 'millrace/pipeline';
import { sleep } from 'millrace/retry';
import type { Cli } from '../cli';
import { CliJobOverError, CliUsageError } from '../cli.errors';
import { actorOf, confirm } from '../confirm';
import type { WriteOptions } from '../confirm';
import { EXIT_CODES } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { parseCount, parseOffset } from '../input/numbers';
import { parseTime, quoted } from '../input/time';
import { jsonLine } from '../output/json';
import { seconds } from '../output/text';
import type { Perform } from '../program';
import { listJobs, showJob } from './jobs';
import { moveLive } from './replay.live';
import type { LiveMove } from './replay.live';
import { writing } from './verb';

interface ReplayOptions extends WriteOptions {
  readonly group?: string;
  readonly topic?: string;
  readonly from?: string;
  readonly to?: string;
  readonly rate?: string;
  readonly wait?: boolean;
  readonly cancel?: string;
  readonly jobs?: boolean;
  readonly live?: boolean;
}

const POLL_MS = 1_000;

/** `replay`: lets handlers read a window of a topic again, beside the live group. */
export function registerReplay(program: Command, perform: Perform): void {
  const command = program
    .command('replay')
    .description('reads a window of a topic again, beside the live group; a dry run unless --yes')
    .option('--group <group>', 'whose handlers')
    .option('--topic <topic>', 'a source topic of the group')
    .option(
      '--from <position>',
      'a time, 15m (ago), an offset per partition (0=120,1=98), or beginning; default: beginning',
    )
    .option('--to <position>', 'the same, without beginning; default: what the group has committed')
    .option('--rate <n>', 'records per second')
    .option('--live', 'moves the group itself, all of whose processes are stopped; needs --from')
    .option('--wait', 'stays until it is done')
    .option('--cancel <job>', 'ends a replay')
    .option('--jobs', 'lists the replays of late');
  writing(command).action((options: ReplayOptions) => perform((cli) => replay(cli, options)));
}

async function replay(cli: Cli, options: ReplayOptions): Promise<ExitCode | void> {
  if (options.jobs === true) return listJobs(cli, 'replay');
  if (options.cancel !== undefined) return cancel(cli, options.cancel, options);
  if (options.live === true) return moveLive(cli, liveMoveOf(cli, options), options);
  const spec = specOf(cli, options);
  const { replays } = (await cli.servers('kafka', 'database')).operations;
  if (options.yes !== true || options.dryRun === true) {
    await showPreview(cli, await replays.preview(spec));
    if (options.dryRun !== true) {
      cli.output.note('nothing was started: this is a dry run. To start: --yes --reason "why"');
    }
    return;
  }
  const actor = actorOf(cli, options);
  await confirm(cli, options, { pipeline: spec.groupId, what: `replay ${spec.topic}` });
  const job = await replays.start(spec, actor);
  if (options.wait !== true) {
    cli.output.note('a running service of the group does it; see millrace replay --jobs');
    return showJob(cli, job);
  }
  return wait(cli, job.id);
}

async function wait(cli: Cli, id: string): Promise<ExitCode> {
  const { replays } = (await cli.servers('database')).operations;
  const bar = cli.progress('replay');
  try {
    for (;;) {
      const job = await replays.get(id);
      if (job === null) return EXIT_CODES.finding;
      const { done = 0, records } = Object(job.progress) as { done?: number; records?: number };
      bar.show(done, records);
      if (isOver(job)) {
        bar.end();
        await showJob(cli, job);
        return job.state === 'done' ? EXIT_CODES.ok : EXIT_CODES.finding;
      }
      await sleep(cli.edge.clock, POLL_MS, cli.edge.signal);
    }
  } finally {
    bar.end();
  }
}

const isOver = ({ state }: Job) => state !== 'waiting' && state !== 'running';

async function cancel(cli: Cli, id: string, options: ReplayOptions): Promise<void> {
  const actor = actorOf(cli, options);
  if (options.dryRun === true)
    return cli.output.facts([['would cancel', id]], { job: id, dryRun: true });
  const { replays } = (await cli.servers('database')).operations;
  if (!(await replays.cancel(id, actor))) throw new CliJobOverError({ where: `replay ${id}` });
  await cli.output.facts([['cancelled', id]], { job: id, cancelled: true });
}

async function showPreview(cli: Cli, preview: ReplayPreview): Promise<void> {
  if (cli.output.isJson) return cli.output.line(jsonLine({ dryRun: true, ...preview }));
  await cli.output.facts(
    [
      ['group', preview.groupId],
      ['topic', preview.topic],
      ['records', preview.records],
      [
        'takes',
        preview.estimateSeconds,
        `about ${seconds(preview.estimateSeconds)} at ${preview.ratePerSecond}/s`,
      ],
      ['idempotent', preview.idempotent],
    ],
    preview,
  );
  await cli.output.head('partitions');
  await cli.output.rows(
    [
      { name: 'partition', value: ({ partition }) => partition, align: 'right' },
      { name: 'from', value: ({ from }) => from, align: 'right' },
      { name: 'to', value: ({ to }) => to, align: 'right' },
      { name: 'records', value: ({ records }) => records, align: 'right' },
      { name: 'committed', value: ({ committed }) => committed, align: 'right' },
    ],
    preview.partitions,
  );
  for (const note of preview.notes) cli.output.note(note);
}

/** @throws {CliUsageError} CLI_USAGE */
function specOf(
  cli: Cli,
  { group, topic, from = 'beginning', to, rate }: ReplayOptions,
): ReplaySpec {
  if (group === undefined || topic === undefined) {
    throw new CliUsageError({
      message: '--group and --topic are missing',
      fix: 'millrace replay --help',
    });
  }
  return {
    groupId: group,
    topic,
    from: from === 'beginning' ? from : positionOf(cli, '--from', from),
    ...(to === undefined ? {} : { to: positionOf(cli, '--to', to) }),
    ...(rate === undefined ? {} : { ratePerSecond: parseCount('--rate', rate, { min: 1 }) }),
  };
}

/** @throws {CliUsageError} CLI_USAGE */
function liveMoveOf(cli: Cli, { group, topic, from, to, rate, wait }: ReplayOptions): LiveMove {
  if (group === undefined || topic === undefined || from === undefined) {
    throw new CliUsageError({
      message: '--live needs --group, --topic and --from',
      fix: 'millrace replay --help',
    });
  }
  if (to !== undefined || rate !== undefined || wait === true) {
    throw new CliUsageError({
      message: '--to, --rate and --wait are for a shadow group',
      likelyCause: 'with --live the group goes on from the new position by itself',
      fix: 'leave them out, or leave out --live',
    });
  }
  const isEnd = from === 'beginning' || from === 'end';
  return { groupId: group, topic, to: isEnd ? from : positionOf(cli, '--from', from) };
}

/** A time, or `<partition>=<offset>` between commas. */
function positionOf(cli: Cli, option: string, text: string): ReplayPosition {
  if (!text.includes('=')) return { time: parseTime(option, text, cli.edge.clock.now()) };
  const offsets: Record<number, bigint> = {};
  for (const pair of text.split(',')) {
    const [, partition, offset] = /^(\d+)=(\d+)$/.exec(pair.trim()) ?? [];
    if (partition === undefined || offset === undefined) {
      throw new CliUsageError({
        message: `${option} is neither a time nor offsets: ${quoted(text)}`,
        fix: 'give <partition>=<offset>, several between commas: 0=120,1=98',
      });
    }
    offsets[parseCount(option, partition)] = parseOffset(option, offset);
  }
  return { offsets };
}
