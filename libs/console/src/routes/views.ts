import type { GroupLagView, GroupView, Groups } from 'millrace/operations';

/** One handler as callers see it. */
export interface HandlerView extends Omit<GroupView, 'groupId'> {
  readonly id: string;
  /** Unit records. */
  readonly lag: number;
  /** Age of the oldest record that is not committed; null = not known; unit s. */
  readonly lagSeconds: number | null;
  /** Of the whole handler; parts are in `pauses`. */
  readonly paused: boolean;
  /** In the processes that live; unit records. */
  readonly inFlightRecords: number;
}

/** @param groupId - default: all. */
export async function handlerViews(
  groups: Pick<Groups, 'describe' | 'lag'>,
  groupId?: string,
): Promise<{ readonly handlers: readonly HandlerView[] }> {
  const wanted = groupId === undefined ? undefined : [groupId];
  const [described, lags] = await Promise.all([groups.describe(wanted), groups.lag(wanted)]);
  const lagOf = new Map(lags.map((lag) => [lag.groupId, lag]));
  return { handlers: described.map((group) => handlerView(group, lagOf.get(group.groupId))) };
}

function handlerView({ groupId, ...group }: GroupView, lag: GroupLagView | undefined): HandlerView {
  const living = group.processes.filter(({ isAlive }) => isAlive);
  return {
    id: groupId,
    ...group,
    lag: lag?.lag ?? 0,
    lagSeconds: lag?.lagSeconds ?? null,
    paused: group.pauses.some(({ topic }) => topic === undefined),
    inFlightRecords: living.reduce((sum, { inFlightRecords }) => sum + inFlightRecords, 0),
  };
}
