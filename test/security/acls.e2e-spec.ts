import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ConfigResourceTypes,
  Kafka,
  ResourcePatternTypes,
  logLevel,
} from 'kafkajs';
import type { KafkaConfig } from 'kafkajs';
import { METALS_GROUPS } from '../../apps/processor/src/metals/metals.groups';
import { DEAD_LETTER_TOPIC, GROUPS, TOPIC } from '../e2e/scene';
import { SecureSite } from './harness/secure-site';

const FOREIGN = 'another-topic';
const RETRY_TOPIC = `${TOPIC}.retry.0`;

/** A foreign client: the broker decides, nothing of Millrace takes part. */
describe('what each identity may do at the broker [S2] [W-07]', () => {
  let site: SecureSite;

  beforeAll(async () => {
    site = await SecureSite.open();
    await site.kafka.createTopics([FOREIGN], 1);
    // The first member of a group has to wait for the topic of offsets.
    for (const groupId of GROUPS) await site.kafka.skipToEnd(groupId, TOPIC);
  }, 120_000);
  afterAll(async () => site.close(), 60_000);

  const clientOf = (identity: string, config: Partial<KafkaConfig> = {}): Kafka =>
    new Kafka({
      brokers: [site.brokers],
      logLevel: logLevel.NOTHING,
      retry: { retries: 1, initialRetryTime: 50 },
      ssl: site.pem(identity),
      ...config,
    });
  const asUser = (name: string): Kafka =>
    clientOf(name, {
      brokers: [site.saslBrokers],
      ssl: { ca: site.pem(name).ca },
      sasl: {
        mechanism: 'scram-sha-512',
        username: name,
        password: readFileSync(site.cert(name, 'password'), 'utf8').trim(),
      },
    });

  const write = async (client: Kafka, topic: string): Promise<void> => {
    const producer = client.producer({ idempotent: true, retry: { retries: 1 } });
    await producer.connect();
    try {
      await producer.send({ topic, acks: -1, messages: [{ value: 'x' }] });
    } finally {
      await producer.disconnect();
    }
  };
  const read = async (client: Kafka, topic: string, groupId: string): Promise<void> => {
    const consumer = client.consumer({
      groupId,
      retry: { retries: 5, restartOnFailure: async () => false },
    });
    const crashed = new Promise<never>((_, reject) =>
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error)),
    );
    crashed.catch(() => undefined);
    await consumer.connect();
    try {
      await consumer.subscribe({ topic, fromBeginning: true });
      const fetched = new Promise<void>((resolve) =>
        consumer.on(consumer.events.FETCH, () => resolve()),
      );
      await consumer.run({ autoCommit: false, eachBatch: async () => undefined });
      await Promise.race([fetched, crashed]);
    } finally {
      await consumer.disconnect();
    }
  };
  const change = async (
    client: Kafka,
    act: (admin: ReturnType<Kafka['admin']>) => Promise<unknown>,
  ) => {
    const admin = client.admin();
    await admin.connect();
    try {
      await act(admin);
    } finally {
      await admin.disconnect();
    }
  };
  const newTopic = () => `new-${randomBytes(4).toString('hex')}`;
  // kafkajs does not tell why it finds no coordinator; the groups of the processor have one.
  const DENIED = /not authorized|authorization failed|_AUTHORIZATION_FAILED|CoordinatorNotFound/i;

  it.each<[string, (client: Kafka) => Promise<void>]>([
    ['writes prices', (client) => write(client, TOPIC)],
  ])('the producer %s', async (_what, act) => {
    await act(clientOf('producer'));
    await act(asUser('producer'));
  });

  it.each<[string, (client: Kafka) => Promise<void>]>([
    ['reads prices in its groups', (client) => read(client, TOPIC, METALS_GROUPS.prices)],
    ['reads its retry topic', (client) => read(client, RETRY_TOPIC, METALS_GROUPS.candles)],
    ['writes to its retry topic', (client) => write(client, RETRY_TOPIC)],
    ['writes dead letters', (client) => write(client, DEAD_LETTER_TOPIC)],
    [
      'replays in a shadow group',
      (client) => read(client, TOPIC, `${METALS_GROUPS.latest}.replay.1`),
    ],
  ])('the processor %s', async (_what, act) => {
    await act(clientOf('processor'));
  });

  it.each<[string, string, (client: Kafka) => Promise<void>]>([
    ['producer', 'read prices', (client) => read(client, TOPIC, METALS_GROUPS.prices)],
    ['producer', 'write dead letters', (client) => write(client, DEAD_LETTER_TOPIC)],
    ['producer', 'write to another topic', (client) => write(client, FOREIGN)],
    ['processor', 'write prices', (client) => write(client, TOPIC)],
    ['processor', 'write to another topic', (client) => write(client, FOREIGN)],
    ['processor', 'read another topic', (client) => read(client, FOREIGN, METALS_GROUPS.prices)],
    ['processor', 'read in a group of others', (client) => read(client, TOPIC, 'somebody-else')],
    ...['producer', 'processor'].flatMap(
      (identity): Array<[string, string, (client: Kafka) => Promise<void>]> => [
        [
          identity,
          'make a topic',
          (client) =>
            change(client, (admin) => admin.createTopics({ topics: [{ topic: newTopic() }] })),
        ],
        [
          identity,
          'delete a topic',
          (client) => change(client, (admin) => admin.deleteTopics({ topics: [TOPIC] })),
        ],
        [
          identity,
          'change a topic',
          (client) =>
            change(client, (admin) =>
              admin.alterConfigs({
                validateOnly: false,
                resources: [
                  {
                    type: ConfigResourceTypes.TOPIC,
                    name: TOPIC,
                    configEntries: [{ name: 'retention.ms', value: '1000' }],
                  },
                ],
              }),
            ),
        ],
      ],
    ),
  ])('the %s may not %s', async (identity, _what, act) => {
    expect(await refusal(act(clientOf(identity)))).toMatch(DENIED);
    expect(await refusal(act(asUser(identity)))).toMatch(DENIED);
  });

  it('nobody grants himself more', async () => {
    const grant = {
      resourceType: AclResourceTypes.TOPIC,
      resourceName: FOREIGN,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:processor',
      host: '*',
      operation: AclOperationTypes.READ,
      permissionType: AclPermissionTypes.ALLOW,
    };
    const granting = change(clientOf('processor'), (admin) => admin.createAcls({ acl: [grant] }));
    expect(await refusal(granting)).toMatch(DENIED);
  });
});

/** What was refused, in the words of kafkajs: some errors hold those of the broker within. */
async function refusal(act: Promise<unknown>): Promise<string> {
  try {
    await act;
    return 'done';
  } catch (error) {
    return wordsOf(error);
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { errors = [], type = '' } = error as { errors?: readonly Error[]; type?: string };
  return [error.name, error.message, type, wordsOf(error.cause), ...errors.map(wordsOf)].join(' ');
}
