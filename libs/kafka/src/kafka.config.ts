import { defineSettings } from 'millrace/config';
import type { SettingsOf } from 'millrace/config';
import { kafkaFields } from './kafka.fields';
import { KAFKA_LINTS } from './kafka.lints';

/** The slice `kafka`: where the brokers are and how this service talks to them. */
export const kafkaSettings = defineSettings('kafka', kafkaFields, {
  refused: {
    KAFKA_TOPIC:
      'a topic belongs to its contract: change defineContract({ topic }) in libs/events, or declare another contract',
    KAFKA_GROUP_ID: 'a group belongs to its handler: set groupId in @Consumes or @MongoSink',
  },
  lints: KAFKA_LINTS,
});

export type KafkaSettings = SettingsOf<typeof kafkaSettings>;
