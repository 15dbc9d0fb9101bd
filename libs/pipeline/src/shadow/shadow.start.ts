import type { AdminPort } from '../ports/driver';
import type { Subscription } from '../subscription';
import { ControlTargetInvalidError } from '../supervision/supervision.errors';
import type { ShadowProgress, ShadowSpec } from './shadow';

/**
 * Finds the reader of a shadow group, and puts the group at the beginning of its ranges.
 *
 * What the group has committed already stays: it goes on there.
 */
export async function shadowStart(
  { groupId, shadowGroupId, topic, ranges }: ShadowSpec,
  subscriptions: readonly Subscription[],
  admin: Pick<AdminPort, 'committed' | 'setCommitted'>,
): Promise<{ readonly live: Subscription; readonly ranges: readonly ShadowProgress[] }> {
  const live = subscriptions.find(
    (known) => known.options.groupId === groupId && known.topic === topic,
  );
  if (live === undefined) {
    const known = subscriptions.map((found) => `${found.topic} of "${found.options.groupId}"`);
    throw new ControlTargetInvalidError({
      message: `group "${groupId}" does not read ${topic} here; this service reads ${known.join(', ') || 'nothing'}`,
    });
  }
  const committed = await admin.committed(shadowGroupId, topic);
  const isNew = ({ partition }: { readonly partition: number }) =>
    (committed.get(partition) ?? null) === null;
  const missing = ranges.filter(isNew);
  if (missing.length > 0) {
    const offsets = missing.map(({ partition, from }) => ({ topic, partition, next: from }));
    await admin.setCommitted(shadowGroupId, offsets);
  }
  const positions = ranges.map((range) => ({
    ...range,
    next: committed.get(range.partition) ?? range.from,
  }));
  return { live, ranges: positions };
}
