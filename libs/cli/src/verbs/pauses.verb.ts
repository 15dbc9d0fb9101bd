import type { Command } from 'commander';
import type { PauseTarget } from 'millrace/pipeline';
import type { Cli } from '../cli';
import { CliNothingPausedError, CliUsageError } from '../cli.errors';
import { actorOf, confirm } from '../confirm';
import type { WriteOptions } from '../confirm';
import { parseCount } from '../input/numbers';
import type { Perform } from '../program';
import type { Column } from '../output/columns';
import { required, writing } from './verb';

interface TargetOptions extends WriteOptions {
  readonly group: string;
  readonly topic?: string;
  readonly partition?: string;
}

/** One line of `pauses`: a wish of an operator, or a group that stopped itself. */
interface Held {
  readonly state: 'paused' | 'stopped';
  readonly groupId: string;
  readonly topic?: string;
  readonly partition?: number;
  readonly by: string;
  readonly at: Date;
  readonly reason: string;
  readonly applied: string;
}

const COLUMNS: ReadonlyArray<Column<Held>> = [
  { name: 'state', value: ({ state }) => state },
  { name: 'group', value: ({ groupId }) => groupId },
  { name: 'topic', value: ({ topic }) => topic, shown: ({ topic }) => topic ?? 'all' },
  {
    name: 'partition',
    value: ({ partition }) => partition,
    shown: ({ partition }) => String(partition ?? 'all'),
    align: 'right',
  },
  { name: 'applied', value: ({ applied }) => applied },
  { name: 'by', value: ({ by }) => by },
  { name: 'since', value: ({ at }) => at },
  { name: 'reason', value: ({ reason }) => reason, shrinks: true },
];

/** `pause`, `resume`, `pauses`: what operators want of running services. */
export function registerPauses(program: Command, perform: Perform): void {
  targeted(program.command('pause').description('stops reading until it is resumed')).action(
    (options: TargetOptions) => perform((cli) => pause(cli, options)),
  );
  targeted(
    program
      .command('resume')
      .description(
        'takes back a pause; without --topic also lets a group go on that stopped itself',
      ),
  ).action((options: TargetOptions) => perform((cli) => resume(cli, options)));
  program
    .command('pauses')
    .description('what is paused, and which groups have stopped themselves')
    .action(() => perform(list));
}

function targeted(command: Command): Command {
  command
    .addOption(required('--group <group>', 'consumer group, exactly as written in the code'))
    .option('--topic <topic>', 'one topic of the group; default: all')
    .option('--partition <n>', 'one partition of the topic; default: all');
  return writing(command);
}

async function pause(cli: Cli, options: TargetOptions): Promise<void> {
  const target = targetOf(options);
  const actor = actorOf(cli, options);
  if (options.dryRun === true) return told(cli, target, 'would pause', { dryRun: true });
  await confirm(cli, options, { pipeline: target.groupId, what: `pause ${nameOf(target)}` });
  const { operations } = await cli.servers('database');
  await operations.groups.pause(target, actor);
  await told(cli, target, 'paused', { paused: true });
}

async function resume(cli: Cli, options: TargetOptions): Promise<void> {
  const target = targetOf(options);
  const actor = actorOf(cli, options);
  if (options.dryRun === true) return told(cli, target, 'would resume', { dryRun: true });
  await confirm(cli, options, { pipeline: target.groupId, what: `resume ${nameOf(target)}` });
  const { groups } = (await cli.servers('database')).operations;
  const resumed = await groups.resume(target, actor);
  const restarted = target.topic === undefined && (await groups.resumeLine(target.groupId, actor));
  if (!resumed && !restarted) {
    throw new CliNothingPausedError({ message: `${nameOf(target)} is neither paused nor stopped` });
  }
  if (restarted) cli.output.note(`group "${target.groupId}" had stopped itself and goes on`);
  await told(cli, target, resumed ? 'resumed' : 'goes on', { resumed, restarted });
}

function told(cli: Cli, target: PauseTarget, word: string, json: object): Promise<void> {
  return cli.output.facts([[word, nameOf(target)]], { ...target, ...json });
}

async function list(cli: Cli): Promise<void> {
  const { operations, controls } = await cli.servers('database');
  const [pauses, { stops }] = await Promise.all([operations.groups.pauses(), controls.read()]);
  const held: Held[] = [
    ...pauses.map(({ audit, applied, processes, ...target }) => ({
      state: 'paused' as const,
      ...target,
      ...audit,
      applied: `${applied} of ${processes}`,
    })),
    ...stops.map(({ groupId, at, causes }) => ({
      state: 'stopped' as const,
      groupId,
      by: 'itself',
      at,
      reason: causes.map(({ code, count }) => `${count} x ${code}`).join(', '),
      applied: '',
    })),
  ];
  const count = await cli.output.rows(COLUMNS, held);
  if (count === 0) cli.output.note('nothing is paused or stopped');
}

/** @throws {CliUsageError} CLI_USAGE */
function targetOf({ group, topic, partition }: TargetOptions): PauseTarget {
  if (group.trim() === '') throw new CliUsageError({ message: '--group is empty' });
  if (topic === undefined && partition !== undefined) {
    throw new CliUsageError({ message: '--partition needs --topic' });
  }
  return {
    groupId: group,
    ...(topic === undefined ? {} : { topic }),
    ...(partition === undefined ? {} : { partition: parseCount('--partition', partition) }),
  };
}

function nameOf({ groupId, topic, partition }: PauseTarget): string {
  return [
    `group "${groupId}"`,
    ...(topic === undefined ? [] : [`topic "${topic}"`]),
    ...(partition === undefined ? [] : [`partition ${partition}`]),
  ].join(', ');
}
