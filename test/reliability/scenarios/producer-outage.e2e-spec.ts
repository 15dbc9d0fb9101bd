import { PriceQuoted } from 'millrace/events';
import { BrokerProxies, eventually } from 'millrace/testing';
import { AppProcess } from '../../e2e/app-process';
import { buildApps } from '../../e2e/checkout';
import { post } from '../../e2e/http-calls';
import type { Answer } from '../../e2e/http-calls';
import { KafkaLog } from '../../e2e/kafka-log';
import type { Offsets } from '../../e2e/kafka-log';
import { priceOf } from '../../e2e/price-records';
import { sized } from '../harness/form';
import { MemoryTrack, residentBytesOf } from '../harness/memory';
import { pause } from '../harness/scenario';
import { Servers } from '../harness/servers';

const OUTAGE_MS = sized({ short: 20_000, full: 300_000 });
const CLIENTS = 30;
/** Buffers, requests that wait, and pages that are not given back yet. */
const GROWTH_MIB = 96;
const BUFFER_RECORDS = 500;

describe(`no broker answers the producer for ${OUTAGE_MS / 1_000} s`, () => {
  let proxies: BrokerProxies;
  let kafka: KafkaLog;
  let producer: AppProcess;
  let memory: MemoryTrack;
  let before: Offsets;
  let isStopping = false;
  let isAway = false;
  const away: Array<Pick<Answer, 'status'> & { readonly retryAfter: string | null }> = [];
  const accepted = new Set<string>();
  let mostBuffered = 0;
  let readyAway: number;
  let acceptedAfter: number;

  beforeAll(async () => {
    await buildApps();
    const { brokers } = Servers.fromEnvironment();
    kafka = new KafkaLog(brokers);
    await kafka.connect();
    await kafka.createTopics([PriceQuoted.topic], 12);
    before = await kafka.ends(PriceQuoted.topic);
    proxies = await BrokerProxies.before(brokers.split(','));
    producer = await AppProcess.start('producer', {
      KAFKA_BROKERS: proxies.addresses.join(','),
      KAFKA_BUFFER_RECORDS: String(BUFFER_RECORDS),
      KAFKA_BATCH_RECORDS: '100',
      LOG_LEVEL: 'warn',
    });
    await producer.whenReady();
    const clients = Promise.all(Array.from({ length: CLIENTS }, (_, client) => ask(client)));
    await eventually(() => accepted.size > 500, { timeoutMs: 20_000 });
    proxies.down();
    // Answers that were on their way belong to the time before.
    await pause(1_000);
    isAway = true;
    memory = new MemoryTrack({ residentBytes: () => residentBytesOf(producer.pid) });
    const stopAt = performance.now() + OUTAGE_MS;
    while (performance.now() < stopAt) {
      mostBuffered = Math.max(mostBuffered, await buffered());
      await pause(500);
    }
    readyAway = (await fetch(`${producer.url}/readyz`)).status;
    isAway = false;
    await memory.stop();
    proxies.mend();
    const size = accepted.size;
    await eventually(() => accepted.size > size + 500, { timeoutMs: 30_000, what: 'work again' });
    acceptedAfter = accepted.size - size;
    isStopping = true;
    await clients;
  }, OUTAGE_MS + 180_000);

  afterAll(async () => {
    await producer.stop();
    await proxies.close();
    await kafka.close();
  }, 60_000);

  /** As an impatient client: a new event as soon as the last one is answered. */
  async function ask(client: number): Promise<void> {
    for (let index = 0; !isStopping; index += 1) {
      const wasAway = isAway;
      const { status, headers, body } = await post(`${producer.url}/produce`, priceOf(index), {
        'idempotency-key': `outage-${process.pid}-${client}-${index}`,
      });
      if (status === 200) accepted.add(String(body['eventId']));
      else await pause(50);
      if (wasAway && isAway) away.push({ status, retryAfter: headers.get('retry-after') });
    }
  }

  async function buffered(): Promise<number> {
    const page = await (await fetch(`${producer.url}/metrics`)).text();
    const lines = page
      .split('\n')
      .filter((line) => line.startsWith('pipeline_producer_buffer_records{'));
    return Math.max(0, ...lines.map((line) => Number(line.slice(line.lastIndexOf(' ')))));
  }

  it('answers 503 with Retry-After, and nothing else [PRO-06] [F5]', () => {
    expect(away.length).toBeGreaterThan(CLIENTS);
    expect(new Set(away.map(({ status }) => status))).toEqual(new Set([503]));
    expect(away.every(({ retryAfter }) => Number(retryAfter) > 0)).toBe(true);
  });

  it('is not ready, and lives [F5]', () => {
    expect(readyAway).toBe(503);
    expect(producer.exit).toBeUndefined();
  });

  it('keeps its buffer and its memory within their bounds [PRO-06] [F5] [I8]', () => {
    expect(mostBuffered).toBeGreaterThan(0);
    expect(mostBuffered).toBeLessThanOrEqual(BUFFER_RECORDS);
    expect(memory.maxMib - memory.medianMib('first', 1 / 10)).toBeLessThan(GROWTH_MIB);
  });

  it('works again by itself [F5] [I5]', () => {
    expect(acceptedAfter).toBeGreaterThan(500);
  });

  it('has acknowledged nothing that Kafka does not have [F28] [I1]', async () => {
    const found = await kafka.readSince(PriceQuoted.topic, before);
    const ids = new Set(found.map(({ headers }) => headers.get('ce_id')));
    expect([...accepted].filter((id) => !ids.has(id))).toEqual([]);
  }, 40_000);
});
