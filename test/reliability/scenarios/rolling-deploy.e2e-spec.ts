import { PriceQuoted } from 'millrace/events';
import { eventually } from 'millrace/testing';
import { AppProcess } from '../../e2e/app-process';
import type { AppExit } from '../../e2e/app-process';
import { buildApps } from '../../e2e/checkout';
import { post } from '../../e2e/http-calls';
import { KafkaLog } from '../../e2e/kafka-log';
import type { Offsets } from '../../e2e/kafka-log';
import { priceOf } from '../../e2e/price-records';
import { sized } from '../harness/form';
import { ReadyBalancer } from '../harness/ready-balancer';
import { Servers } from '../harness/servers';

/** Each round replaces both instances, one after the other. */
const ROUNDS = sized({ short: 1, full: 10 });
const CLIENTS = 8;

describe(`${ROUNDS} rolling deploys of two producers under load`, () => {
  let balancer: ReadyBalancer;
  let kafka: KafkaLog;
  let before: Offsets;
  let instances: AppProcess[] = [];
  let isStopping = false;
  const statuses = new Map<number, number>();
  const failures: string[] = [];
  const accepted = new Set<string>();
  const exits: AppExit[] = [];

  beforeAll(
    async () => {
      await buildApps();
      const { brokers } = Servers.fromEnvironment();
      kafka = new KafkaLog(brokers);
      await kafka.connect();
      await kafka.createTopics([PriceQuoted.topic], 12);
      before = await kafka.ends(PriceQuoted.topic);
      balancer = await ReadyBalancer.start();
      instances = await Promise.all([start(), start()]);
      const clients = Promise.all(Array.from({ length: CLIENTS }, (_, client) => ask(client)));
      for (let round = 0; round < ROUNDS; round += 1) {
        for (let place = 0; place < 2; place += 1) await replace(place);
      }
      isStopping = true;
      await clients;
    },
    60_000 + ROUNDS * 60_000,
  );

  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
    await balancer.close();
    await kafka.close();
  }, 60_000);

  async function start(): Promise<AppProcess> {
    const env = {
      KAFKA_BROKERS: Servers.fromEnvironment().brokers,
      // Longer than the balancer needs to see that an instance leaves.
      READINESS_LAG_MS: '1500',
      LOG_LEVEL: 'warn',
    };
    const instance = await AppProcess.start('producer', env);
    balancer.add(instance.url);
    await eventually(() => balancer.isReady(instance.url), { timeoutMs: 45_000, what: 'ready' });
    return instance;
  }

  /** As a deployment does: the new one first, then the signal to the old one. */
  async function replace(place: number): Promise<void> {
    const old = instances[place];
    const served = accepted.size;
    instances[place] = await start();
    await eventually(() => accepted.size > served + 200, { what: 'load' });
    if (old !== undefined) exits.push(await old.stop('SIGTERM'));
  }

  async function ask(client: number): Promise<void> {
    for (let index = 0; !isStopping; index += 1) {
      const headers = { 'idempotency-key': `deploy-${process.pid}-${client}-${index}` };
      try {
        const { status, body } = await post(`${balancer.url}/produce`, priceOf(index), headers);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status === 200) accepted.add(String(body['eventId']));
      } catch (error) {
        failures.push(String(error));
      }
    }
  }

  it('fails no request [HLT-05]', () => {
    expect(failures).toEqual([]);
    expect([...statuses.keys()]).toEqual([200]);
    expect(accepted.size).toBeGreaterThan(400 * ROUNDS);
  });

  it('ends every old instance with 0 [HLT-04]', () => {
    expect(exits).toHaveLength(2 * ROUNDS);
    expect(exits.map(({ code }) => code)).toEqual(exits.map(() => 0));
  });

  it('has acknowledged nothing that Kafka does not have [I1]', async () => {
    const found = await kafka.readSince(PriceQuoted.topic, before);
    const ids = new Set(found.map(({ headers }) => headers.get('ce_id')));
    expect([...accepted].filter((id) => !ids.has(id))).toEqual([]);
  }, 60_000);
});
