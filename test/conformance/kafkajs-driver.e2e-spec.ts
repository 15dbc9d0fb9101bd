import { Kafka, logLevel } from 'kafkajs';
import { KafkajsDriver } from 'millrace/kafka';
import { describeKafkaDriver } from 'millrace/testing';

const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',');

describeKafkaDriver('the kafkajs driver on a real broker', {
  createDriver: () =>
    new KafkajsDriver({
      brokers,
      consumer: { sessionTimeoutMs: 10_000, heartbeatIntervalMs: 1_000, maxWaitMs: 250 },
      lagIntervalMs: 250,
    }),
  features: {
    deleteRecords: async (topic, partition, before) => {
      const admin = new Kafka({ clientId: 'suite', brokers, logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      // It only knows topics that were asked for before.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({
        topic,
        partitions: [{ partition, offset: String(before) }],
      });
      await admin.disconnect();
    },
  },
});
