import type { MovePreview, MoveTarget } from 'millrace/operations';
import type { Cli } from '../cli';
import { actorOf, confirm } from '../confirm';
import type { WriteOptions } from '../confirm';

/** Where a group that stands still goes on. */
export interface LiveMove {
  readonly groupId: string;
  readonly topic: string;
  readonly to: MoveTarget;
}

/** `replay --live`: moves the offsets of the group itself; a dry run unless --yes. */
export async function moveLive(
  cli: Cli,
  { groupId, topic, to }: LiveMove,
  options: WriteOptions,
): Promise<void> {
  const { groups } = (await cli.servers('kafka', 'database')).operations;
  if (options.yes !== true || options.dryRun === true) {
    await show(cli, await groups.previewMove(groupId, topic, to));
    if (options.dryRun === true) return;
    cli.output.note('nothing was moved: this is a dry run. To move: --yes --reason "why"');
    return;
  }
  const actor = actorOf(cli, options);
  await confirm(cli, options, { pipeline: groupId, what: `move ${groupId} on ${topic}` });
  await show(cli, await groups.moveOffsets(groupId, topic, to, actor));
  cli.output.note('moved: the group goes on from there when its processes start');
}

async function show(cli: Cli, moves: readonly MovePreview[]): Promise<void> {
  await cli.output.rows(
    [
      { name: 'topic', value: ({ topic }) => topic },
      { name: 'partition', value: ({ partition }) => partition, align: 'right' },
      { name: 'now', value: ({ now }) => now, align: 'right' },
      { name: 'to', value: ({ to }) => to, align: 'right' },
      { name: 'records', value: ({ records }) => records, align: 'right' },
    ],
    moves,
  );
}
