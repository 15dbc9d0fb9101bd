import type { FetchedBatch, Offset, TopicPartition } from 'millrace/pipeline';
import { DecodedMessage } from '../decoder/decoded-message';
import type { FetchResponse } from '../decoder/fetch.decoder';
import { KafkaTopicMissingError } from '../errors/connection.errors';
import type { OwnClusterInternals } from '../kafkajs.internals';

export interface FetchOrder extends TopicPartition {
  readonly offset: Offset;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  readonly rackId: string;
}

/** What one fetch brought, and whether more is there to be read. */
export interface FetchAnswer {
  readonly batch: FetchedBatch;
  /** The log goes on although nothing could be read: a range that may not be decodable. */
  readonly isUnread: boolean;
}

/**
 * Asks the leader of a partition once.
 *
 * @throws errors of kafkajs; KAFKA_TOPIC_MISSING when there is no such partition.
 */
export async function fetchPartition(
  cluster: OwnClusterInternals,
  order: FetchOrder,
): Promise<FetchAnswer> {
  const { topic, partition, offset, maxBytes, maxWaitMs, rackId } = order;
  await cluster.addTargetTopic(topic);
  await cluster.refreshMetadataIfNecessary();
  const broker = await cluster.findBroker({ nodeId: leaderOf(cluster, order) });
  const answer = await broker.fetch({
    maxWaitTime: maxWaitMs,
    minBytes: 1,
    maxBytes,
    isolationLevel: 1,
    topics: [{ topic, partitions: [{ partition, fetchOffset: offset.toString(), maxBytes }] }],
    rackId,
  });
  return toAnswer(answer as FetchResponse, order);
}

/** First offset still there and next one to be written, as read committed sees it. */
export async function fetchRange(
  cluster: OwnClusterInternals,
  { topic, partition }: TopicPartition,
): Promise<{ readonly earliest: Offset; readonly end: Offset }> {
  const ask = async (fromBeginning: boolean) => {
    const found = await cluster.fetchTopicsOffset([
      { topic, partitions: [{ partition }], fromBeginning },
    ]);
    return BigInt(found[0]?.partitions[0]?.offset ?? 0);
  };
  const [earliest, end] = await Promise.all([ask(true), ask(false)]);
  return { earliest, end };
}

function leaderOf(cluster: OwnClusterInternals, { topic, partition }: TopicPartition): string {
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
  if (nodeId !== undefined) return nodeId;
  throw new KafkaTopicMissingError({
    message: `topic "${topic}" has no partition ${partition}`,
    where: `${topic}/${partition}`,
  });
}

function toAnswer({ responses }: FetchResponse, order: FetchOrder): FetchAnswer {
  const { topic, partition, offset } = order;
  const found = responses
    .find(({ topicName }) => topicName === topic)
    ?.partitions.find((one) => one.partition === partition);
  const message = found?.messages[0];
  const nothing = { records: [], nextOffset: offset, bytes: 0 };
  const range = message instanceof DecodedMessage ? message.range : nothing;
  const highWatermark = BigInt(found?.highWatermark ?? offset);
  const readable = BigInt(found?.lastStableOffset ?? offset);
  return {
    batch: { topic, partition, highWatermark, ...range },
    isUnread: range.nextOffset === offset && offset < readable,
  };
}
