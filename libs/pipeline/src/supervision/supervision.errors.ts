import { defineError } from 'millrace/errors';

/** Says that a consumer is alive, has work and makes no progress. */
export class ConsumerStalledError extends defineError({
  code: 'CONSUMER_STALLED',
  failure: 'infrastructure',
  summary: 'the consumer has lag and makes no progress',
  likelyCause: 'the client stopped fetching, or a sink ignores its deadline',
  fix: 'nothing, when it heals itself; otherwise read the lines before it and report the case',
}) {}

/** Says that a handler stopped itself, because too many of its records would be dead letters. */
export class LineStoppedError extends defineError({
  code: 'LINE_STOPPED',
  failure: 'fatal',
  summary: 'too many records would become dead letters: the handler has stopped itself',
  likelyCause: 'a release with a bug, or a source that sends something else than agreed',
  fix: 'deploy a corrected version, or resume the group when the records are meant to be dead letters',
}) {}

/** Refuses to pause or resume something that cannot be. */
export class ControlTargetInvalidError extends defineError({
  code: 'CONTROL_TARGET_INVALID',
  failure: 'permanent',
  summary: 'this group, topic or partition cannot be paused or resumed here',
  likelyCause: 'a typing mistake in the group, or a partition without its topic',
  fix: 'name a group of this service as its handler is declared, and the topic with a partition',
}) {}

/** Says that topics have fewer partitions than their use needs; the service waits for a person. */
export class TopicPartitionsError extends defineError({
  code: 'TOPIC_PARTITIONS',
  failure: 'fatal',
  summary: 'a topic has too few partitions',
  likelyCause: 'the topic was made by hand, or for another release',
  fix: 'add the partitions that the message names',
}) {}

/** Every error class of this folder, for the catalogue. */
export const SUPERVISION_ERRORS = [
  ConsumerStalledError,
  LineStoppedError,
  ControlTargetInvalidError,
  TopicPartitionsError,
] as const;
