import type { AdminPort, Offset } from 'millrace/pipeline';
import { ReplayTargetInvalidError, ReplayWindowInvalidError } from './replay.errors';
import type { ReplayPosition } from './replay.views';

/** By partition: first offset still there, and next offset to be written. */
export type LogEnds = ReadonlyMap<number, { readonly earliest: Offset; readonly end: Offset }>;

/**
 * Turns a position into an offset per partition; a partition that is not in the answer was not asked for.
 *
 * @throws {ReplayTargetInvalidError} REPLAY_TARGET_INVALID for a partition that is not there.
 * @throws {ReplayWindowInvalidError} REPLAY_WINDOW_INVALID for an offset beyond the end, or no time.
 */
export async function resolvePosition(
  topic: string,
  position: ReplayPosition | 'beginning' | 'end',
  log: LogEnds,
  admin: Pick<AdminPort, 'offsetsAt'>,
): Promise<ReadonlyMap<number, Offset>> {
  if (position === 'beginning' || position === 'end') {
    return new Map(
      [...log].map(([partition, { earliest, end }]) => [
        partition,
        position === 'end' ? end : earliest,
      ]),
    );
  }
  if ('offsets' in position) return givenOffsets(topic, position.offsets, log);
  const timeMs = position.time.getTime();
  if (Number.isNaN(timeMs)) {
    throw new ReplayWindowInvalidError({ message: 'the time of the window is no time' });
  }
  return admin.offsetsAt(topic, timeMs);
}

function givenOffsets(
  topic: string,
  offsets: Readonly<Record<number, Offset>>,
  log: LogEnds,
): ReadonlyMap<number, Offset> {
  const given = Object.entries(offsets).map(([name, offset]) => [Number(name), offset] as const);
  if (given.length === 0) {
    throw new ReplayWindowInvalidError({ message: 'no offset is given' });
  }
  for (const [partition, offset] of given) {
    const ends = log.get(partition);
    if (ends === undefined) {
      throw new ReplayTargetInvalidError({
        message: `topic "${topic}" has no partition ${partition}; it has ${[...log.keys()].sort((one, two) => one - two).join(', ')}`,
      });
    }
    if (offset < 0n || offset > ends.end) {
      throw new ReplayWindowInvalidError({
        message: `offset ${offset} is not in ${topic}/${partition}, which holds ${ends.earliest} to ${ends.end}`,
      });
    }
  }
  return new Map(given);
}
