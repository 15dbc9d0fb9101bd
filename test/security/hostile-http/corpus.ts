/** Fields of a price that a client sends. */
const FIELDS = ['metal', 'price', 'currency', 'observedAt'] as const;

const GOOD = { metal: 'gold', price: 1, currency: 'USD', observedAt: '2024-01-31T00:00:00Z' };

/** Values that a database or an object reads as more than a value. */
const OPERATORS: readonly unknown[] = [
  { $ne: null },
  { $gt: '' },
  { $in: ['gold', 'silver'] },
  { $regex: '.*' },
  { $where: 'sleep(1000)' },
  { $expr: { $function: { body: 'function(){}', args: [], lang: 'js' } } },
  ['gold', { $ne: 1 }],
  { _bsontype: 'ObjectId' },
  '$where',
  'gold\u0000',
];

/** Objects that would become somebody else's prototype; written by hand, for JSON.stringify drops them. */
const PROTOTYPES: readonly string[] = [
  '{"__proto__":{"isAdmin":true}}',
  '{"\\u005f\\u005fproto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{"isAdmin":true}}}',
  '[{"__proto__":{"isAdmin":true}}]',
];

/** Numbers and dates that change on their way when nobody looks. */
const CORRUPTED: readonly string[] = [
  '{"metal":"gold","price":9007199254740993}',
  '{"metal":"gold","price":-18446744073709551616}',
  '{"metal":"gold","price":1e999}',
  '{"metal":"gold","price":1,"price":2}',
  '{"metal":"gold","\\u0070rice":1,"price":2}',
  '{"metal":"gold","price":1,"observedAt":"2024-02-30T00:00:00Z"}',
  '{"metal":"gold","price":1,"observedAt":"0000-00-00T00:00:00Z"}',
  '{"metal":"gold","price":1,"observedAt":"yesterday"}',
  '{"metal":"gold","price":1,"observedAt":0}',
  '{"metal":"gold","price":1,"observedAt":"2024-01-31T25:00:00Z"}',
];

/** Bodies of POST /produce that must come to nothing, by the row of the attack table. */
export const HOSTILE_BODIES: Readonly<Record<'S5' | 'S6' | 'S10', readonly string[]>> = {
  S5: [
    ...PROTOTYPES.flatMap((value) => FIELDS.map((field) => withField(field, value))),
    ...PROTOTYPES,
    `${JSON.stringify(GOOD).slice(0, -1)},"__proto__":{"isAdmin":true}}`,
    `${JSON.stringify(GOOD).slice(0, -1)},"constructor":{"prototype":{"isAdmin":true}}}`,
  ],
  S6: [
    ...OPERATORS.flatMap((value) => FIELDS.map((field) => withField(field, JSON.stringify(value)))),
    JSON.stringify({ ...GOOD, $where: '1' }),
    JSON.stringify({ ...GOOD, 'a.b': 1 }),
    JSON.stringify({ ...GOOD, _id: 'mine' }),
  ],
  S10: CORRUPTED,
};

/** Texts that would end a line of a log, begin another, or command a terminal. */
export const FORGED_TEXTS: readonly string[] = [
  'x\r\n{"level":"fatal","event":"forged","msg":"forged"}',
  'x\n{"level":"fatal","event":"forged","msg":"forged"}',
  '\u001b[2J\u001b[31mforged',
  '\u001b]0;forged\u0007',
  'x\u2028{"event":"forged"}',
  'x\u0085forged\u009b31m',
  '"},{"event":"forged"',
];

function withField(field: string, json: string): string {
  const rest = Object.entries({ ...GOOD, [field]: undefined }).filter(([, it]) => it !== undefined);
  const pairs = rest.map(([name, it]) => `${JSON.stringify(name)}:${JSON.stringify(it)}`);
  return `{${[...pairs, `"${field}":${json}`].join(',')}}`;
}
