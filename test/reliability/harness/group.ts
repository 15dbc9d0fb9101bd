import type { Member } from './member';

/** Rebalances that a member has seen, by any cause. */
export const rebalancesOf = (member: Member): Promise<number> =>
  member.metric('pipeline_rebalances_total');

export async function rebalancesOfAll(members: readonly Member[]): Promise<number> {
  const counts = await Promise.all(members.map(rebalancesOf));
  return counts.reduce((sum, count) => sum + count, 0);
}
