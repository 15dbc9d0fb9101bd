import { defineError } from 'millrace/errors';

/** Says that the group moved on without us; nothing was committed. */
export class GroupGenerationStaleError extends defineError({
  code: 'GROUP_GENERATION_STALE',
  failure: 'infrastructure',
  summary: 'the consumer group is in a newer generation',
  likelyCause: 'a rebalance: another member joined or left, or the session timed out',
  fix: 'nothing: the records are delivered again to the member that now has the partition',
}) {}

/** Says that the coordinator of the group was not found or does not answer. */
export class GroupCoordinatorUnavailableError extends defineError({
  code: 'GROUP_COORDINATOR_UNAVAILABLE',
  failure: 'infrastructure',
  summary: 'the coordinator of the consumer group was not found',
  likelyCause:
    'the brokers are starting; if it lasts, an ACL is missing: without DESCRIBE or READ on the group the brokers answer just this',
  fix: 'kafka-acls --add --allow-principal User:<name> --operation Read --group <group>',
}) {}

/** Says that the principal may not use the group. */
export class GroupAuthorizationError extends defineError({
  code: 'GROUP_AUTHORIZATION',
  failure: 'fatal',
  summary: 'the brokers do not let us use the consumer group',
  likelyCause: 'an ACL for READ on the group is missing',
  fix: 'kafka-acls --add --allow-principal User:<name> --operation Read --group <group>',
}) {}

/** Says that the settings of this member do not fit the group or the brokers. */
export class GroupSettingsRefusedError extends defineError({
  code: 'GROUP_SETTINGS_REFUSED',
  failure: 'fatal',
  summary: 'the group does not accept the settings of this member',
  likelyCause:
    'the session timeout is outside group.min/max.session.timeout.ms, or other members use another assignor',
  fix: 'set KAFKA_SESSION_TIMEOUT_MS inside the range of the brokers; do not mix clients in one group',
}) {}

/** Refuses to move a group that is being read. */
export class GroupHasMembersError extends defineError({
  code: 'GROUP_HAS_MEMBERS',
  failure: 'fatal',
  summary: 'the consumer group has running members',
  likelyCause: 'a service still reads with this group',
  fix: 'stop every member of the group, then try again',
}) {}

/** Says that the consumer was stopped before it could join. */
export class ConsumerStoppedError extends defineError({
  code: 'GROUP_CONSUMER_STOPPED',
  failure: 'infrastructure',
  summary: 'the consumer was stopped',
  likelyCause: 'the service shuts down',
  fix: 'nothing',
}) {}

/** Every error of this file. */
export const GROUP_ERRORS = [
  GroupGenerationStaleError,
  GroupCoordinatorUnavailableError,
  GroupAuthorizationError,
  GroupSettingsRefusedError,
  GroupHasMembersError,
  ConsumerStoppedError,
] as const;
