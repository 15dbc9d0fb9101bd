import { Kafka, logLevel } from 'kafkajs';
import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import { MongoClient } from 'mongodb';
import type { Collection } from 'mongodb';
import type { BenchTarget } from '../bench.order';
import { installDecodeGuard } from '../decode-guard';
import type { MeasuringWindow } from '../measuring-window';
import type { OrderPlaced } from '../order-placed';
import { orderDocument, orderSchema } from '../order-placed';

interface StoredOrder {
  readonly _id: string;
  readonly _v?: string;
}

type Write = (
  collection: Collection<StoredOrder>,
  messages: readonly KafkaMessage[],
) => Promise<void>;

/** The peer of the insert pair: what a careful developer writes by hand, and nothing more. */
export async function runHandInsert(target: BenchTarget, window: MeasuringWindow): Promise<void> {
  await runHandLoop(target, window, async (collection, messages) => {
    const documents: StoredOrder[] = [];
    for (const message of messages) {
      const order = orderOf(message);
      if (order === null) continue;
      // The id first: added behind a spread it costs the loop 1 us more.
      documents.push({ _id: idOf(message), ...orderDocument(order) });
    }
    await collection.insertMany(documents, { ordered: false });
  });
}

/** The peer of the guard pair: an upsert that only a newer event passes. */
export async function runHandGuard(target: BenchTarget, window: MeasuringWindow): Promise<void> {
  await runHandLoop(target, window, async (collection, messages) => {
    const operations: Parameters<Collection<StoredOrder>['bulkWrite']>[0][number][] = [];
    for (const message of messages) {
      const order = orderOf(message);
      if (order === null) continue;
      const { occurredAt } = order;
      const filter = { _id: idOf(message), _v: { $lt: occurredAt } };
      const replacement = { _v: occurredAt, ...orderDocument(order) };
      operations.push({ replaceOne: { filter, replacement, upsert: true } });
    }
    await collection.bulkWrite(operations, { ordered: false });
  });
}

function orderOf(message: KafkaMessage): OrderPlaced | null {
  const parsed = orderSchema.safeParse(JSON.parse((message.value ?? '').toString()));
  return parsed.success ? parsed.data : null;
}

function idOf(message: KafkaMessage): string {
  return (message.headers?.['ce_id'] ?? '').toString();
}

async function runHandLoop(
  target: BenchTarget,
  window: MeasuringWindow,
  write: Write,
): Promise<void> {
  installDecodeGuard();
  const client = await new MongoClient(target.mongoUri, {
    writeConcern: { w: 'majority', journal: true },
  }).connect();
  const collection = client.db('bench').collection<StoredOrder>('orders');
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
    eachBatch: async ({ batch }: EachBatchPayload) => {
      await write(collection, batch.messages);
      const offset = (BigInt(batch.lastOffset()) + 1n).toString();
      await consumer.commitOffsets([{ topic: batch.topic, partition: batch.partition, offset }]);
      window.add(batch.messages.length);
    },
  });
}
