import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OUTBOX_COLLECTION } from 'millrace/mongo';
import { eventually } from 'millrace/testing';
import { Binary, MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { KafkaLog } from '../e2e/kafka-log';
import { buildService } from '../reliability/harness/build-service';
import { sized } from '../reliability/harness/form';
import { pause } from '../reliability/harness/scenario';
import { seedOfRun } from '../reliability/harness/seeded-random';
import { MEMBER_DEFAULTS } from '../reliability/harness/scenario.options';
import { BOOKED } from '../reliability/service/outbox.messages';
import type { OutboxWorkload } from '../reliability/service/outbox.messages';
import { OutboxProcess } from './outbox/outbox.process';
import { outboxVerdict } from './outbox/outbox.verdict';
import type { BookedEvent } from './outbox/outbox.verdict';

const KILLS = sized({ short: 5, full: 50 });
const run = `outbox-${randomBytes(3).toString('hex')}`;
const database = run.replaceAll('-', '_');
const topic = `${run}-movements`;
const brokers = process.env['KAFKA_BROKERS'] ?? '';
const mongoUri = process.env['MONGODB_URI'] ?? '';
const random = seedOfRun().for('outbox');
const kafka = new KafkaLog(brokers);
const processes: OutboxProcess[] = [];
let client: MongoClient;
let db: Db;
let dir: string;

const WRITING: OutboxWorkload = {
  topic,
  writers: 4,
  accounts: 200,
  abortRatio: 0.2,
  leaseMs: 1_000,
};

function start(workload: OutboxWorkload): OutboxProcess {
  const env = {
    ...MEMBER_DEFAULTS,
    KAFKA_BROKERS: brokers,
    MONGODB_URI: mongoUri,
    MONGODB_DATABASE: database,
    KAFKA_PARTITIONS: '6',
  };
  const logFile = join(dir, `process-${processes.length + 1}.log`);
  const started = OutboxProcess.start(logFile, workload, env);
  processes.push(started);
  return started;
}

const pending = () => db.collection(OUTBOX_COLLECTION).countDocuments({ state: 'pending' });

/** Kills a process some ms after a commit. @returns whether something was committed and not in Kafka then. */
async function killAfterCommit(victim: OutboxProcess): Promise<boolean> {
  await victim.whenCommitted(1 + random.below(20));
  await pause(random.between([0, 20]));
  await victim.stop('SIGKILL');
  const isLeft = (await pending()) > 0;
  await endSessions(victim);
  return isLeft;
}

/** What a killed process leaves open locks its documents; the server would end it after a minute. */
async function endSessions({ sessions }: OutboxProcess): Promise<void> {
  if (sessions.length === 0) return;
  const ids = sessions.map((id) => ({ id: new Binary(Buffer.from(id, 'base64'), 4) }));
  await client.db('admin').command({ killSessions: ids });
}

async function committedEvents(): Promise<readonly BookedEvent[]> {
  const booked = db.collection<{ _id: string } & Omit<BookedEvent, 'id'>>(BOOKED);
  const found = await booked.find().toArray();
  return found.map(({ _id, account, sequence }) => ({ id: _id, account, sequence }));
}

async function publishedEvents(): Promise<readonly BookedEvent[]> {
  const records = await kafka.readSince(topic, new Map());
  return records.map(({ value, headers }) => {
    const { id, account, sequence } = JSON.parse(String(value)) as BookedEvent;
    expect(headers.get('ce_id')).toBe(id);
    return { id, account, sequence };
  });
}

beforeAll(async () => {
  await buildService();
  dir = mkdtempSync(join(tmpdir(), `millrace-${run}-`));
  client = await MongoClient.connect(mongoUri, { serverSelectionTimeoutMS: 10_000 });
  db = client.db(database);
  await kafka.connect();
  await kafka.createTopics([topic], 6);
}, 240_000);

afterAll(async () => {
  await Promise.all(processes.filter(({ isGone }) => !isGone).map((p) => p.stop('SIGKILL')));
  for (const one of processes) await endSessions(one);
  await kafka.close();
  await db.dropDatabase();
  await client.close();
  rmSync(dir, { recursive: true, force: true });
}, 180_000);

describe('the outbox under kill -9', () => {
  it(
    `[PRO-05] ${KILLS} kills between commit and relay: no event lost, none phantom, order per key`,
    async () => {
      const pair = [start(WRITING), start(WRITING)];
      await Promise.all(pair.map((one) => one.whenReady()));
      let landed = 0;
      for (let kill = 0; kill < KILLS; kill += 1) {
        const index = kill % 2;
        const victim = pair[index] as OutboxProcess;
        if (await killAfterCommit(victim)) landed += 1;
        pair[index] = start(WRITING);
        await pair[index].whenReady();
      }
      await Promise.all(pair.map((one) => one.stop('SIGTERM')));
      const last = start({ ...WRITING, writers: 0 });
      const isEmpty = async () => (await pending()) === 0;
      await eventually(isEmpty, { timeoutMs: 60_000, intervalMs: 100, what: 'an empty outbox' });
      await last.stop('SIGTERM');

      const committed = await committedEvents();
      const verdict = outboxVerdict(committed, await publishedEvents());
      const aborted = processes.flatMap(({ abortedIds }) => abortedIds).length;
      process.stdout.write(
        `outbox: ${committed.length} committed, ${aborted} aborted, kills that landed ${landed} of ${KILLS}, ${JSON.stringify(verdict)}\n`,
      );
      expect(verdict).toMatchObject({ lost: 0, phantom: 0, disordered: 0 });
      // Else nothing was proven.
      expect(aborted).toBeGreaterThan(0);
      expect(landed).toBeGreaterThanOrEqual(Math.ceil(KILLS / 3));
    },
    KILLS * 60_000 + 120_000,
  );
});
