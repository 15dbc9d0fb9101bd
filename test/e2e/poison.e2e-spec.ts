import { createHash } from 'node:crypto';
import { PriceQuoted } from 'millrace/events';
import { DEAD_LETTER_HEADERS } from 'millrace/pipeline';
import { eventually } from 'millrace/testing';
import { METALS_GROUPS } from '../../apps/processor/src/metals/metals.groups';
import type { Position, ReadRecord, RecordToSend } from './kafka-log';
import { POISON } from './poison-records';
import type { PoisonKind } from './poison-records';
import { priceOf, priceRecord } from './price-records';
import { DEAD_LETTER_TOPIC, GROUPS, PARTITIONS, Scene, TOPIC } from './scene';

const GOOD_PER_PARTITION = 100;
const VERSION = '9.8.7';
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

interface SentPoison {
  readonly kind: PoisonKind;
  readonly record: RecordToSend;
  readonly position: Position;
}

/** Bytes in a form that a failing test can show. */
function fingerprint(value: Buffer | null | undefined): string {
  if (value === null || value === undefined) return String(value);
  return `${value.length} bytes, ${createHash('sha256').update(value).digest('hex')}`;
}

describe('a poisoned record in the middle of each partition', () => {
  let scene: Scene;
  let deadLetters: readonly ReadRecord[];
  const goodIds: string[] = [];
  const poisoned: SentPoison[] = [];
  const bare: Position[] = [];

  beforeAll(async () => {
    scene = await Scene.open('poison');
    await scene.startReady('processor', { SERVICE_VERSION: VERSION });
    for (const [partition, kind] of POISON.entries()) await publish(partition, kind);
    const isCaughtUp = async () => {
      const lags = await Promise.all(GROUPS.map((groupId) => scene.kafka.lag(groupId, TOPIC)));
      return lags.every((lag) => lag === 0n);
    };
    await eventually(isCaughtUp, { timeoutMs: 60_000, intervalMs: 100, what: 'lag 0' });
    // Nothing more to wait for: a commit comes after the acknowledgement of the dead letter.
    deadLetters = await scene.kafka.readSince(DEAD_LETTER_TOPIC, scene.deadLettersBefore);
  }, 120_000);

  afterAll(async () => scene.close(), 60_000);

  async function publish(partition: number, kind: PoisonKind): Promise<void> {
    const ids = Array.from(
      { length: GOOD_PER_PARTITION },
      (_, index) => `${scene.run}-${partition}-${index}`,
    );
    const records = ids.map((id, index) => priceRecord(priceOf(index), id, partition));
    const record = kind.record(priceRecord(priceOf(7), `${scene.run}-bad-${partition}`, partition));
    const middle = GOOD_PER_PARTITION / 2;
    const positions = await scene.kafka.send(TOPIC, [
      ...records.slice(0, middle),
      record,
      ...records.slice(middle),
    ]);
    goodIds.push(...ids);
    const position = positions[middle] as Position;
    if (kind.reason === 'none') bare.push(position);
    else poisoned.push({ kind, record, position });
  }

  /** The dead letter that a group wrote about a record. */
  const letterOf = ({ position }: SentPoison, groupId: string) =>
    deadLetters.filter(
      ({ headers }) =>
        headers.get(DEAD_LETTER_HEADERS.consumerGroup) === groupId &&
        headers.get(DEAD_LETTER_HEADERS.originalPartition) === String(position.partition) &&
        headers.get(DEAD_LETTER_HEADERS.originalOffset) === String(position.offset),
    );

  it('has as many kinds of poison as the topic has partitions', () => {
    expect(POISON).toHaveLength(PARTITIONS);
    expect(poisoned.length + bare.length).toBe(PARTITIONS);
  });

  it.each(GROUPS)(
    'sets exactly the bad ones aside, once, for group %s [ERR-07] [F11]',
    (groupId) => {
      const ofGroup = deadLetters.filter(
        ({ headers }) => headers.get(DEAD_LETTER_HEADERS.consumerGroup) === groupId,
      );
      expect(ofGroup).toHaveLength(poisoned.length);
      for (const poison of poisoned) expect(letterOf(poison, groupId)).toHaveLength(1);
    },
  );

  it.each(POISON.filter(({ reason }) => reason !== 'none'))(
    '$name is there as $reason, byte for byte, with the header contract [ERR-06] [CTR-01] [F11]',
    ({ name, reason, code }) => {
      const poison = poisoned.find(({ kind }) => kind.name === name) as SentPoison;
      const [letter] = letterOf(poison, METALS_GROUPS.prices);
      const { record, position } = poison;

      expect(fingerprint(letter?.value)).toBe(fingerprint(record.value));
      expect(letter?.key).toEqual(record.key);
      expect(Object.fromEntries(letter?.headers ?? [])).toEqual({
        ...Object.fromEntries(record.headers.map(([header, value]) => [header, String(value)])),
        'dead-letter-reason': reason,
        'dead-letter-error-code': code,
        'dead-letter-error-class': expect.stringMatching(/^[A-Z]\w+Error$/),
        'dead-letter-error-message': expect.stringMatching(/^.{5,1024}$/),
        'dead-letter-original-topic': TOPIC,
        'dead-letter-original-partition': String(position.partition),
        'dead-letter-original-offset': String(position.offset),
        'dead-letter-original-timestamp': expect.stringMatching(RFC3339),
        'dead-letter-consumer-group': METALS_GROUPS.prices,
        'dead-letter-pipeline': expect.stringMatching(/./),
        'dead-letter-attempts': '0',
        'dead-letter-failed-at': expect.stringMatching(RFC3339),
        'dead-letter-first-failed-at': expect.stringMatching(RFC3339),
        'dead-letter-event-id': `${scene.run}-bad-${position.partition}`,
        'dead-letter-contract': `${PriceQuoted.name} v${PriceQuoted.version}`,
        'dead-letter-service-version': VERSION,
      });
    },
  );

  it('names the bad field and never the value [CTR-01]', () => {
    const [negative] = poisoned.filter(({ kind }) => kind.name === 'a negative price');
    const [letter] = letterOf(negative as SentPoison, METALS_GROUPS.prices);
    const message = letter?.headers.get(DEAD_LETTER_HEADERS.errorMessage);
    expect(message).toContain('price: must be a number above 0');
    expect(message).not.toContain('-31.25');
  });

  it('stores the records around them, and the one without headers by its position [ERR-07] [F11]', async () => {
    const positionIds = bare.map(({ partition, offset }) => `${TOPIC}@1:${partition}:${offset}`);
    expect(positionIds).toHaveLength(1);
    expect(await scene.store.compare([...goodIds, ...positionIds])).toEqual({
      missing: [],
      twice: [],
      unexpected: [],
    });
  });

  it('goes on: a record that comes afterwards is stored [ERR-07]', async () => {
    const ids = Array.from(
      { length: PARTITIONS },
      (_, partition) => `${scene.run}-on-${partition}`,
    );
    await scene.kafka.send(
      TOPIC,
      ids.map((id, partition) => priceRecord(priceOf(partition), id, partition)),
    );
    const stored = async () => (await scene.store.compare(ids)).missing.length === 0;
    expect(await eventually(stored, { timeoutMs: 15_000 })).toBe(true);
  }, 30_000);
});
