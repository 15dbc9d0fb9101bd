import type { AdminPort, Offset } from 'millrace/pipeline';
import type { LogEnds } from './positions';
import { resolvePosition } from './positions';
import { ReplayWindowInvalidError } from './replay.errors';
import type { ReplayRange, ReplaySpec } from './replay.views';

/** The window of a replay in offsets, and what the operator is to know of it. */
export interface ReplayWindow {
  readonly ranges: readonly ReplayRange[];
  readonly notes: readonly string[];
}

/**
 * Turns the window that is asked for into what the log still has of it.
 *
 * @throws {ReplayTargetInvalidError} REPLAY_TARGET_INVALID for a partition that is not there.
 * @throws {ReplayWindowInvalidError} REPLAY_WINDOW_INVALID for a window that ends before it begins.
 */
export async function resolveWindow(
  spec: Pick<ReplaySpec, 'groupId' | 'topic' | 'from' | 'to'>,
  admin: Pick<AdminPort, 'offsets' | 'offsetsAt' | 'committed'>,
): Promise<ReplayWindow> {
  const { groupId, topic } = spec;
  refuseBackwards(spec);
  const log = await admin.offsets(topic);
  const committed = await admin.committed(groupId, topic);
  const from = await resolvePosition(topic, spec.from, log, admin);
  const to = spec.to === undefined ? null : await resolvePosition(topic, spec.to, log, admin);
  const ranges: ReplayRange[] = [];
  for (const partition of [...log.keys()].sort((one, two) => one - two)) {
    const asked = from.get(partition);
    const ends = log.get(partition);
    if (asked === undefined || ends === undefined) continue;
    const now = committed.get(partition) ?? null;
    const end = to === null ? (now ?? ends.end) : to.get(partition);
    if (end !== undefined) ranges.push(rangeOf(partition, asked, end, ends, now));
  }
  refuseReversed(topic, spec, ranges);
  return { ranges, notes: notesOf(topic, spec, ranges, log) };
}

function rangeOf(
  partition: number,
  asked: Offset,
  end: Offset,
  { earliest, end: logEnd }: { readonly earliest: Offset; readonly end: Offset },
  committed: Offset | null,
): ReplayRange {
  const from = asked < earliest ? earliest : asked;
  const last = end > logEnd ? logEnd : end;
  const to = last < from ? from : last;
  const clippedFrom = asked < earliest ? asked : null;
  return { partition, from, to, records: Number(to - from), committed, clippedFrom };
}

function refuseBackwards({ from, to }: Pick<ReplaySpec, 'from' | 'to'>): void {
  if (from === 'beginning' || to === undefined || !('time' in from) || !('time' in to)) return;
  if (to.time.getTime() > from.time.getTime()) return;
  throw new ReplayWindowInvalidError({
    message: `the window ends at ${textOf(to.time)}, not after its beginning at ${textOf(from.time)}`,
  });
}

function refuseReversed(
  topic: string,
  { from, to }: Pick<ReplaySpec, 'from' | 'to'>,
  ranges: readonly ReplayRange[],
): void {
  if (from === 'beginning' || to === undefined || !('offsets' in from) || !('offsets' in to))
    return;
  for (const { partition } of ranges) {
    const [first, end] = [from.offsets[partition], to.offsets[partition]];
    if (first === undefined || end === undefined || first < end) continue;
    throw new ReplayWindowInvalidError({
      message: `the window of ${topic}/${partition} ends at ${end}, not after its beginning at ${first}`,
    });
  }
}

function notesOf(
  topic: string,
  { from }: Pick<ReplaySpec, 'from'>,
  ranges: readonly ReplayRange[],
  log: LogEnds,
): readonly string[] {
  const notes: string[] = [];
  for (const { partition, from: first, clippedFrom } of ranges) {
    const earliest = log.get(partition)?.earliest ?? 0n;
    if (clippedFrom !== null) {
      notes.push(
        `${topic}/${partition}: retention has deleted ${earliest - clippedFrom} records of the window; it begins at ${earliest} in place of ${clippedFrom}`,
      );
    } else if (from !== 'beginning' && 'time' in from && earliest > 0n && first === earliest) {
      notes.push(
        `${topic}/${partition}: the log begins at ${earliest}; older records of the window may be deleted`,
      );
    }
  }
  return notes;
}

const textOf = (time: Date) => (Number.isNaN(time.getTime()) ? 'no time' : time.toISOString());
