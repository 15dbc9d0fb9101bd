import type { Command } from 'commander';
import type { GroupView } from 'millrace/operations';
import type { ClassificationRow, ReaderReport } from 'millrace/pipeline';
import type { Cli } from '../cli';
import { CliUsageError } from '../cli.errors';
import { quoted } from '../input/time';
import { pipelineLib } from '../lazy';
import type { Column } from '../output/columns';
import { jsonLine } from '../output/json';
import type { Perform } from '../program';

type Reader = ReaderReport & { readonly group: GroupView };

const READERS: ReadonlyArray<Column<Reader>> = [
  { name: 'pipeline', value: ({ group }) => group.pipeline },
  { name: 'group', value: ({ group }) => group.groupId },
  { name: 'handler', value: ({ name }) => name },
  { name: 'kind', value: ({ target }) => target },
  { name: 'topic', value: ({ topic }) => topic },
  { name: 'contract', value: ({ contract }) => contract },
  { name: 'idempotent', value: ({ idempotent }) => (idempotent ? 'yes' : 'no') },
  { name: 'state', value: ({ group }) => group.state },
  { name: 'members', value: ({ group }) => group.members.length, align: 'right' },
  { name: 'held', value: ({ group }) => heldOf(group), shrinks: true },
];

const CLASSIFICATION: ReadonlyArray<Column<ClassificationRow>> = [
  { name: 'thrown', value: ({ thrown }) => thrown },
  { name: 'reaction', value: (row) => row.class },
  { name: 'attempt', value: ({ countsAttempt }) => (countsAttempt ? 'counts' : 'no') },
  { name: 'retry topic', value: ({ mayTakeRetryTopic }) => (mayTakeRetryTopic ? 'may' : 'never') },
  { name: 'example', value: ({ example }) => example, shrinks: true },
];

/** `describe`: what reads what, in which group, and what becomes of errors. */
export function registerDescribe(program: Command, perform: Perform): void {
  program
    .command('describe')
    .description('handlers, topics, groups, members, pauses, and what becomes of errors')
    .argument('[pipeline]', 'a pipeline or a group; default: all')
    .action((name: string | undefined) => perform((cli) => describe(cli, name)));
}

async function describe(cli: Cli, name: string | undefined): Promise<void> {
  const { operations } = await cli.servers('kafka', 'database');
  const all = await operations.groups.describe();
  const groups = all.filter(
    ({ groupId, pipeline }) => name === undefined || [groupId, pipeline].includes(name),
  );
  if (groups.length === 0 && name !== undefined) throw unknownPipeline(name, all);
  const { output } = cli;
  if (output.isJson) {
    for (const group of groups) await output.line(jsonLine(group));
    return;
  }
  const readers = groups.flatMap((group) => group.readers.map((reader) => ({ ...reader, group })));
  const count = await output.rows(READERS, readers);
  if (count === 0) output.note('no service has told of a group in the last day');
  // In a pipe one list is one list.
  if (output.format !== 'table') return;
  await output.head('what becomes of errors, the first row that fits');
  await output.rows(CLASSIFICATION, pipelineLib().CLASSIFICATION);
}

function heldOf({ pauses, stoppedLine }: GroupView): string {
  const parts = pauses.map(({ topic, partition, audit }) => {
    const what = topic === undefined ? 'paused' : `paused ${topic}/${partition ?? 'all'}`;
    return `${what}: ${audit.reason}`;
  });
  return [...parts, ...(stoppedLine === null ? [] : ['stopped itself'])].join('; ');
}

function unknownPipeline(name: string, all: readonly GroupView[]): CliUsageError {
  const known = [...new Set(all.flatMap(({ pipeline, groupId }) => [pipeline, groupId]))];
  return new CliUsageError({
    message: `there is no pipeline or group ${quoted(name)}`,
    fix: `take one of: ${known.join(', ') || 'none is known: no service runs'}`,
  });
}
