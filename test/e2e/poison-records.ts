import { EVENT_HEADERS } from 'millrace/contracts';
import type { DeadLetterReason } from 'millrace/pipeline';
import type { RecordToSend } from './kafka-log';

/** One way in which a record is bad, and what is to be said of it; `none`: it is not bad at all. */
export interface PoisonKind {
  readonly name: string;
  readonly reason: DeadLetterReason | 'none';
  readonly code: string;
  /** Makes it of a good record. */
  record(good: RecordToSend): RecordToSend;
}

const LARGE_BYTES = 300 * 1_024;
const FUTURE_VERSION = '99';

/** JSON of arrays within arrays. */
export const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

const event = {
  metal: 'gold',
  price: 2_031.5,
  currency: 'USD',
  observedAt: '2024-01-31T00:00:00.000Z',
};

const withValue = (value: Buffer | string | null) => (good: RecordToSend) => ({
  ...good,
  value: typeof value === 'string' ? Buffer.from(value) : value,
});
const withFields = (fields: object) => withValue(JSON.stringify({ ...event, ...fields }));

const malformed = { reason: 'malformed', code: 'CODEC_MALFORMED' } as const;
const invalid = { reason: 'contract-invalid', code: 'CONTRACT_INVALID' } as const;

/** One kind for each partition of the topic. */
export const POISON: readonly PoisonKind[] = [
  { name: 'malformed JSON', ...malformed, record: withValue('{"metal":"gold","price":') },
  { name: 'a price of the wrong type', ...invalid, record: withFields({ price: '2031.5' }) },
  { name: 'an unknown field', ...invalid, record: withFields({ purity: 0.999 }) },
  {
    ...{ name: 'the text NaN', ...malformed },
    record: withValue(JSON.stringify(event).replace('2031.5', 'NaN')),
  },
  { name: 'a negative price', ...invalid, record: withFields({ price: -31.25 }) },
  { name: 'an unknown metal', ...invalid, record: withFields({ metal: 'unobtainium' }) },
  {
    ...{ name: 'bytes that are no text', ...malformed },
    record: withValue(Buffer.from([0x00, 0xff, 0xfe, 0x80, 0xc3, 0x28])),
  },
  {
    ...{ name: 'a record without headers', reason: 'none', code: '' },
    record: (good) => ({ ...good, headers: [] }),
  },
  { name: 'a tombstone', ...invalid, record: withValue(null) },
  {
    ...{ name: 'a version from the future', reason: 'contract-unknown', code: 'CONTRACT_UNKNOWN' },
    record: ({ headers, ...good }) => ({
      ...good,
      headers: headers.map(([name, value]) => [
        name,
        name === EVENT_HEADERS.contractVersion ? Buffer.from(FUTURE_VERSION) : value,
      ]),
    }),
  },
  {
    ...{ name: 'a value of 300 KB', reason: 'too-large', code: 'RECORD_TOO_LONG' },
    record: withValue(JSON.stringify(event).padEnd(LARGE_BYTES)),
  },
  { name: 'deep JSON', ...malformed, record: withValue(deep(10_000)) },
];
