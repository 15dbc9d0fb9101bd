import type { Offset, TopicPartition } from 'millrace/pipeline';
import { GroupHasMembersError } from '../errors/group.errors';
import { vendorFactsOf } from '../kafkajs.error-facts';
import type { GroupClusterInternals } from '../kafkajs.internals';
import { createCluster } from '../kafkajs.internals';

/** What a broker takes from somebody who is no member, for a group that has none. */
const NO_GENERATION = -1;
const NO_MEMBER = '';

/**
 * Commits the offsets of a group without members, in one call for all of them.
 *
 * kafkajs' own way joins the group to do so: it takes seconds, and its member stays behind, joining
 * again for ever, when the broker does not answer in time.
 *
 * @throws {GroupHasMembersError} GROUP_HAS_MEMBERS when the coordinator says so.
 * @see Kafka protocol guide, OffsetCommit
 */
export async function commitAlone(
  client: object,
  groupId: string,
  offsets: ReadonlyArray<TopicPartition & { readonly next: Offset }>,
): Promise<void> {
  const cluster = createCluster(client, {
    metadataMaxAge: 300_000,
    allowAutoTopicCreation: false,
    isolationLevel: 1,
  });
  if (cluster === null) throw new Error('this is no client of kafkajs 2.2.4');
  try {
    await cluster.connect();
    await commit(cluster, groupId, offsets);
  } catch (error) {
    if (vendorFactsOf(error).protocolError !== 'UNKNOWN_MEMBER_ID') throw error;
    throw new GroupHasMembersError({ where: `group ${groupId}`, cause: error });
  } finally {
    await cluster.disconnect().catch(() => undefined);
  }
}

async function commit(
  cluster: GroupClusterInternals,
  groupId: string,
  offsets: ReadonlyArray<TopicPartition & { readonly next: Offset }>,
): Promise<void> {
  const coordinator = await cluster.findGroupCoordinator({ groupId });
  const topics = [...new Set(offsets.map(({ topic }) => topic))].map((topic) => ({
    topic,
    partitions: offsets
      .filter((offset) => offset.topic === topic)
      .map(({ partition, next }) => ({ partition, offset: next.toString() })),
  }));
  const identity = { groupId, groupGenerationId: NO_GENERATION, memberId: NO_MEMBER };
  await coordinator.offsetCommit({ ...identity, topics });
}
