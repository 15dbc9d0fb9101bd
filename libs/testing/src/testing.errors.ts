import { defineError } from 'millrace/errors';

/** Says that the in-memory broker is switched off. */
export class MemoryBrokerDownError extends defineError({
  code: 'MEMORY_BROKER_DOWN',
  failure: 'infrastructure',
  summary: 'the in-memory broker is switched off',
  likelyCause: 'a test called faults.brokerDown()',
  fix: 'call faults.brokerUp()',
}) {}

/** Says that a topic does not exist on the in-memory broker. */
export class MemoryTopicMissingError extends defineError({
  code: 'MEMORY_TOPIC_MISSING',
  failure: 'fatal',
  summary: 'the topic does not exist on the in-memory broker',
  likelyCause: 'nothing created it, or its name is misspelt',
  fix: 'create it with broker.createTopic(...) or through the admin port',
}) {}

/** Says that a partition does not exist on the in-memory broker. */
export class MemoryPartitionMissingError extends defineError({
  code: 'MEMORY_PARTITION_MISSING',
  failure: 'permanent',
  summary: 'the topic of the in-memory broker has no such partition',
  likelyCause: 'the number of partitions is smaller than the caller thinks',
  fix: 'create the topic with more partitions',
}) {}

/** Refuses to move a group that has members. */
export class MemoryGroupNotEmptyError extends defineError({
  code: 'MEMORY_GROUP_NOT_EMPTY',
  failure: 'permanent',
  summary: 'the committed offsets of a group with members cannot be set',
  likelyCause: 'a consumer of the group is running',
  fix: 'stop the consumers of the group first',
}) {}

/** Says that a driver, consumer or producer was used after it was closed. */
export class MemoryClosedError extends defineError({
  code: 'MEMORY_CLOSED',
  failure: 'infrastructure',
  summary: 'the in-memory client is closed',
  likelyCause: 'it was used after close() or stop()',
  fix: 'make a new one',
}) {}

/** Says that an acknowledgement was lost: the record may be in the log. */
export class MemoryAckLostError extends defineError({
  code: 'MEMORY_ACK_LOST',
  failure: 'infrastructure',
  summary: 'the in-memory broker did not acknowledge before the deadline',
  likelyCause: 'a test called faults.loseAcks(), or the deadline is too short',
  fix: 'publish again with the same event id',
}) {}

/** Says that the caller gave a publish up before the broker had the records. */
export class MemoryPublishAbortedError extends defineError({
  code: 'MEMORY_PUBLISH_ABORTED',
  failure: 'infrastructure',
  summary: 'the publish was given up by its caller',
  likelyCause: 'the signal of the call fired',
  fix: 'publish again with the same event id',
}) {}

/** Says that a commit was refused on purpose. */
export class MemoryCommitFailedError extends defineError({
  code: 'MEMORY_COMMIT_FAILED',
  failure: 'infrastructure',
  summary: 'the coordinator of the in-memory broker did not take the commit',
  likelyCause: 'a test called faults.failNextCommits()',
  fix: 'commit again with the next progress',
}) {}

/** Stands for bytes that cannot be decoded. */
export class MemoryUndecodableError extends defineError({
  code: 'MEMORY_UNDECODABLE',
  failure: 'permanent',
  summary: 'the batch cannot be decoded',
  likelyCause: 'a test called faults.undecodable()',
  fix: 'nothing: the pipeline puts a pointer to the range aside, or stops, by its policy',
}) {}

/** Stands for a dependency of a sink that is away. */
export class MemorySinkDownError extends defineError({
  code: 'MEMORY_SINK_DOWN',
  failure: 'infrastructure',
  summary: 'the in-memory sink is switched off',
  likelyCause: 'a test called faults.sinkDown()',
  fix: 'call faults.sinkUp(), or let the time pass',
}) {}

/** Every error class of this lib, for the catalogue. */
export const TESTING_ERRORS = [
  MemoryBrokerDownError,
  MemoryTopicMissingError,
  MemoryPartitionMissingError,
  MemoryGroupNotEmptyError,
  MemoryClosedError,
  MemoryAckLostError,
  MemoryPublishAbortedError,
  MemoryCommitFailedError,
  MemoryUndecodableError,
  MemorySinkDownError,
] as const;
