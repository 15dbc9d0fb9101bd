import { Kafka, Partitioners, logLevel } from 'kafkajs';
import { encodeEvent } from 'millrace/contracts';
import { OrderPlaced, orderNumber } from './order-placed';

const PARTITIONS = 3;
const BATCH_RECORDS = 1_000;

/** Makes a topic of its own and writes the records of the bench. Returns its name. */
export async function fillTopic(broker: string, records: number): Promise<string> {
  const topic = OrderPlaced.topic;
  const kafka = new Kafka({ clientId: 'bench-fill', brokers: [broker], logLevel: logLevel.ERROR });
  const admin = kafka.admin();
  await admin.connect();
  if ((await admin.listTopics()).includes(topic)) await deleteTopic(admin, topic);
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }] });
  await admin.disconnect();
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  for (let from = 0; from < records; from += BATCH_RECORDS) {
    const messages = Array.from({ length: Math.min(BATCH_RECORDS, records - from) }, (_, index) => {
      const event = orderNumber(from + index);
      const { key, value, headers } = encodeEvent(OrderPlaced, event, {
        eventId: event.id,
        source: 'bench',
        nowMs: 1_795_000_000_000,
      });
      const partition = (from / BATCH_RECORDS) % PARTITIONS;
      return {
        key,
        value,
        partition,
        headers: Object.fromEntries(headers.map(([n, v]) => [n, v ?? ''])),
      };
    });
    await producer.send({ topic, messages });
  }
  await producer.disconnect();
  return topic;
}

async function deleteTopic(admin: ReturnType<Kafka['admin']>, topic: string): Promise<void> {
  await admin.deleteTopics({ topics: [topic] });
  // The deletion is finished some time after its answer.
  for (let tries = 0; tries < 100; tries += 1) {
    if (!(await admin.listTopics()).includes(topic)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
