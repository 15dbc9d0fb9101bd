import type { Cli } from '../cli';
import { actorOf, confirm, pipelineOfTopic } from '../confirm';
import type { WriteOptions } from '../confirm';
import { parsePosition, positionText } from '../input/position';
import type { Position } from '../input/position';

export interface ParkOptions extends WriteOptions {
  readonly undo?: boolean;
}

/** `dead-letters park` */
export async function parkLetters(
  cli: Cli,
  texts: readonly string[],
  options: ParkOptions,
): Promise<void> {
  const positions = texts.map(parsePosition);
  const actor = actorOf(cli, options);
  const word = options.undo === true ? 'unparked' : 'parked';
  if (options.dryRun !== true) {
    const [{ topic }] = positions as [Position, ...Position[]];
    const pipeline = pipelineOfTopic(cli, topic.replace(/\.dead-letter$/, ''));
    await confirm(cli, options, { pipeline, what: `${word}: ${positions.length} dead letters` });
    const { deadLetters } = (await cli.servers('kafka', 'database')).operations;
    if (options.undo === true) await deadLetters.unpark(positions, actor);
    else await deadLetters.park(positions, actor);
  }
  const done = options.dryRun === true ? `would be ${word}` : word;
  await cli.output.rows(
    [
      { name: 'position', value: positionText },
      { name: 'state', value: () => done },
    ],
    positions,
    (position) => ({ ...position, state: done }),
  );
}
