import { defineError } from 'millrace/errors';

/** Refuses a session that ends before three heartbeats could be missed. */
export class SessionTooShortError extends defineError({
  code: 'SESSION_TOO_SHORT',
  failure: 'fatal',
  summary: 'the session timeout is too short for the heartbeat interval',
  likelyCause: 'one of the two was changed without the other',
  fix: 'keep KAFKA_HEARTBEAT_INTERVAL_MS at a third of KAFKA_SESSION_TIMEOUT_MS or less',
}) {}

/** Refuses Kafka settings that do not work together. */
export class KafkaSettingsInvalidError extends defineError({
  code: 'KAFKA_SETTINGS_INVALID',
  failure: 'fatal',
  summary: 'settings of the Kafka client do not work together',
  likelyCause: 'one setting was changed without the other that depends on it',
  fix: 'correct the settings of the message',
}) {}

/** Every error of this file. */
export const SETTINGS_ERRORS = [SessionTooShortError, KafkaSettingsInvalidError] as const;
