import { DEAD_LETTER_HEADERS } from 'millrace/pipeline';
import { MongoClient } from 'mongodb';
import type { KafkaLog, Offsets, ReadRecord } from '../../e2e/kafka-log';
import { groupOf } from '../service/workload';
import type { Part } from '../service/workload';
import type { MovementLedger } from './movement-ledger';
import { OrderFindings } from './order-findings';

/** A dead letter, by what its headers say. */
export interface DeadLetter {
  readonly groupId: string;
  readonly reason: string;
  readonly eventId: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** What foreign clients find after a scenario: nothing of it was told by the service. */
export interface Observation {
  /** How often each movement is stored, by its index in the ledger. */
  readonly stored: Uint8Array;
  /** Documents whose event id is not of this run. */
  readonly foreignDocuments: number;
  /** Stored version of each account, by its name. */
  readonly balances: ReadonlyMap<string, number>;
  readonly order: OrderFindings;
  readonly deadLetters: readonly DeadLetter[];
  readonly ends: Offsets;
  readonly committed: ReadonlyMap<Part, Offsets>;
}

/** Where to look. */
export interface ObservationPoint {
  readonly kafka: KafkaLog;
  readonly mongoUri: string;
  readonly database: string;
  readonly run: string;
  readonly topic: string;
  readonly parts: readonly Part[];
  readonly orderLog: string;
  readonly ledger: MovementLedger;
}

/** Reads everything. Only while nobody works is it one moment in time: commits first, then documents. */
export async function observe(point: ObservationPoint): Promise<Observation> {
  const { kafka, topic, run, parts } = point;
  const committed = new Map<Part, Offsets>();
  for (const part of parts) committed.set(part, await kafka.committed(groupOf(run, part), topic));
  const ends = await kafka.ends(topic);
  const deadLetters = await kafka.readSince(`${topic}.dead-letter`, new Map());
  const order = await OrderFindings.read(point.orderLog);
  return {
    ...(await readDocuments(point)),
    order,
    deadLetters: deadLetters.map(deadLetterOf),
    ends,
    committed,
  };
}

async function readDocuments({ mongoUri, database, ledger }: ObservationPoint) {
  const client = new MongoClient(mongoUri, { serverSelectionTimeoutMS: 30_000 });
  try {
    const db = client.db(database);
    const stored = new Uint8Array(ledger.size);
    let foreignDocuments = 0;
    const options = { projection: { _id: 0, eventId: 1 }, batchSize: 10_000 } as const;
    for await (const { eventId } of db.collection('movements').find({}, options)) {
      const index = ledger.indexOf(String(eventId));
      if (index === undefined) foreignDocuments += 1;
      else stored[index] = Math.min(255, (stored[index] ?? 0) + 1);
    }
    const documents = await db.collection('balances').find({}).toArray();
    // Without the guard the version is only in the document itself.
    const balances = new Map(documents.map((one) => [String(one._id), Number(one['sequence'])]));
    return { stored, foreignDocuments, balances };
  } finally {
    await client.close();
  }
}

function deadLetterOf({ headers }: ReadRecord): DeadLetter {
  const text = (name: string) => headers.get(name) ?? '';
  return {
    groupId: text(DEAD_LETTER_HEADERS.consumerGroup),
    reason: text(DEAD_LETTER_HEADERS.reason),
    eventId: text(DEAD_LETTER_HEADERS.eventId),
    partition: Number(text(DEAD_LETTER_HEADERS.originalPartition)),
    offset: BigInt(text(DEAD_LETTER_HEADERS.originalOffset) || '-1'),
  };
}
