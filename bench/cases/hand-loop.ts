import { Kafka, logLevel } from 'kafkajs';
import { MongoClient } from 'mongodb';
import type { CpuWindow } from '../cpu-window';
import type { BenchTarget } from '../case-process';
import { OrderPlaced, orderDocument } from '../order-placed';

/** The peer: what a careful developer writes by hand on kafkajs and the driver, and nothing more. */
export async function runHandLoop(target: BenchTarget, window: CpuWindow): Promise<void> {
  const client = await new MongoClient(target.mongoUri, {
    writeConcern: { w: 'majority', journal: true },
  }).connect();
  const collection = client.db('bench').collection<{ _id: string }>('orders');
  const kafka = new Kafka({
    clientId: 'bench',
    brokers: [target.broker],
    logLevel: logLevel.ERROR,
  });
  const consumer = kafka.consumer({
    groupId: target.groupId,
    maxWaitTimeInMs: 500,
    maxBytesPerPartition: 256 * 1_024,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [target.topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: true,
    partitionsConsumedConcurrently: 3,
    eachBatch: async ({ batch }) => {
      const documents: Array<{ _id: string }> = [];
      for (const message of batch.messages) {
        const parsed = OrderPlaced.schema['~standard'].validate(
          JSON.parse((message.value ?? '').toString()),
        );
        if (parsed instanceof Promise || parsed.issues !== undefined) continue;
        const id = (message.headers?.['ce_id'] ?? '').toString();
        documents.push({ ...orderDocument(parsed.value), _id: id });
      }
      await collection.insertMany(documents, { ordered: false });
      const offset = (BigInt(batch.lastOffset()) + 1n).toString();
      await consumer.commitOffsets([{ topic: batch.topic, partition: batch.partition, offset }]);
      window.add(batch.messages.length);
    },
  });
}
