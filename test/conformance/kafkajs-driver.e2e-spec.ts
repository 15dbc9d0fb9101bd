import { gzipSync } from 'node:zlib';
import { Kafka, logLevel } from 'kafkajs';
import { KafkajsDriver } from 'millrace/kafka';
import { describeKafkaDriver } from 'millrace/testing';
import { produceRaw, rawBatch } from './raw-kafka';

const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',');
const SESSION_TIMEOUT_MS = 6_000;

describeKafkaDriver('[S21] the kafkajs driver on a real broker', {
  createDriver: () =>
    new KafkajsDriver({
      brokers,
      consumer: {
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        heartbeatIntervalMs: 1_000,
        maxWaitMs: 250,
        revokeDrainMs: 3_000,
      },
      lagIntervalMs: 250,
    }),
  features: {
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    compressions: ['gzip', 'snappy', 'lz4', 'zstd'],
    // More records than are decoded at once.
    appendUndecodable: async (topic, partition) => {
      const tooMany = rawBatch(
        Array.from({ length: 110_000 }, () => ({})),
        1,
        gzipSync,
      );
      await produceRaw(brokers[0] ?? '', topic, partition, tooMany);
    },
    // Port 1 is reserved: nothing listens there.
    createUnreachable: () => new KafkajsDriver({ brokers: ['127.0.0.1:1'] }),
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
