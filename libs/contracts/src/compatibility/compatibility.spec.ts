import { compatibility } from 'millrace/contracts';
import { z } from 'zod';

type Json = Readonly<Record<string, unknown>>;

const jsonSchema = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input' });
const event = (properties: Json, more: Json = {}): Json => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
});
const price = { type: 'number', exclusiveMinimum: 0 };
const text = { type: 'string' };
const found = (before: unknown, after: unknown) =>
  compatibility(before, after).breaks.map(({ path, reason }) => [path, reason]);

describe('compatibility, backward: what breaks readers', () => {
  it.each<[string, unknown, unknown, string, string]>([
    ['a new required field', event({ price }), event({ price, unit: text }), 'unit', 'required'],
    [
      'an optional field that became required',
      event({ price }, { required: [] }),
      event({ price }),
      'price',
      'required',
    ],
    [
      'a field that is gone',
      event({ price, unit: text }),
      event({ price }),
      'unit',
      'refused-field',
    ],
    ['another type', event({ price }), event({ price: text }), 'price', 'type'],
    [
      'only whole numbers',
      event({ price: { type: 'number' } }),
      event({ price: { type: 'integer' } }),
      'price',
      'type',
    ],
    [
      'no null any more',
      event({ price: { type: ['number', 'null'] } }),
      event({ price: { type: 'number' } }),
      'price',
      'type',
    ],
    [
      'a value that is gone',
      event({ metal: { enum: ['gold', 'tin'] } }),
      event({ metal: { enum: ['gold'] } }),
      'metal',
      'values',
    ],
    [
      'a list of values for any text',
      event({ a: text }),
      event({ a: { enum: ['x'] } }),
      'a',
      'values',
    ],
    [
      'a higher minimum',
      event({ price: { type: 'number', minimum: 0 } }),
      event({ price }),
      'price',
      'bounds',
    ],
    [
      'a lower maximum',
      event({ n: { type: 'integer', maximum: 9 } }),
      event({ n: { type: 'integer', maximum: 8 } }),
      'n',
      'bounds',
    ],
    ['a shorter text', event({ a: text }), event({ a: { ...text, maxLength: 5 } }), 'a', 'bounds'],
    [
      'another pattern',
      event({ a: { ...text, pattern: '^a' } }),
      event({ a: { ...text, pattern: '^b' } }),
      'a',
      'pattern',
    ],
    [
      'another format',
      event({ at: { ...text, format: 'date-time' } }),
      event({ at: { ...text, format: 'date' } }),
      'at',
      'format',
    ],
    [
      'fewer members',
      event({ list: { type: 'array', maxItems: 3 } }),
      event({ list: { type: 'array', maxItems: 2 } }),
      'list',
      'bounds',
    ],
    [
      'members of a list, deep inside',
      event({ lines: { type: 'array', items: event({ name: text }) } }),
      event({ lines: { type: 'array', items: event({ name: price }) } }),
      'lines[].name',
      'type',
    ],
    [
      'values of a map',
      { type: 'object', additionalProperties: text },
      { type: 'object', additionalProperties: price },
      '*',
      'open-field',
    ],
    [
      'a branch of a union that is gone',
      event({ a: { anyOf: [text, price] } }),
      event({ a: { anyOf: [text, { type: 'null' }] } }),
      'a',
      'union',
    ],
    [
      'a field that unknown fields could have had already',
      event({ price }, { additionalProperties: true }),
      event({ price, unit: text }, { additionalProperties: true, required: ['price'] }),
      'unit',
      'open-field',
    ],
    [
      'unknown fields that are refused',
      event({ price }, { additionalProperties: true }),
      event({ price }),
      '*',
      'open-field',
    ],
    [
      'a keyword that has no rule',
      event({ a: { ...text, not: { const: 'x' } } }),
      event({ a: { ...text, not: { const: 'y' } } }),
      'a',
      'cannot-tell',
    ],
    [
      'a keyword that nobody knows, and that is gone',
      event({ a: { ...text, nullable: true } }),
      event({ a: text }),
      'a',
      'cannot-tell',
    ],
    [
      'a definition behind a reference',
      { ...event({ a: { $ref: '#/$defs/a' } }), $defs: { a: text } },
      { ...event({ a: { $ref: '#/$defs/a' } }), $defs: { a: price } },
      'a',
      'type',
    ],
    [
      'a reference to another file',
      event({ a: text }),
      event({ a: { $ref: 'x.json' } }),
      '',
      'cannot-tell',
    ],
    ['a reference to itself', event({ a: text }), { $ref: '#' }, '', 'cannot-tell'],
    ['another dialect', { $schema: 'a', ...text }, { $schema: 'b', ...price }, '', 'cannot-tell'],
  ])('[CTR-05] names %s', (_, before, after, path, reason) => {
    expect(found(before, after)).toContainEqual([path, reason]);
  });

  it('[CTR-05] names every field at once, with why', () => {
    const before = event({ metal: { enum: ['gold', 'tin'] }, price: { type: 'number' } });
    const after = event({ metal: { enum: ['gold'] }, price, unit: text });
    expect(compatibility(before, after).breaks).toEqual([
      {
        path: 'unit',
        reason: 'required',
        direction: 'backward',
        message: 'a new field is required',
      },
      {
        path: 'metal',
        reason: 'values',
        direction: 'backward',
        message: '"tin" is no longer one of its values',
      },
      {
        path: 'price',
        reason: 'bounds',
        direction: 'backward',
        message: 'exclusiveMinimum is 0, it was not set',
      },
    ]);
  });
});

describe('compatibility, backward: what readers get along with', () => {
  it.each<[string, z.ZodType, z.ZodType]>([
    [
      'a new optional field',
      z.strictObject({ a: z.string() }),
      z.strictObject({ a: z.string(), b: z.string().optional() }),
    ],
    [
      'a new field with a default',
      z.strictObject({ a: z.string() }),
      z.strictObject({ a: z.string(), b: z.string().default('x') }),
    ],
    [
      'a field that became optional',
      z.strictObject({ a: z.string() }),
      z.strictObject({ a: z.string().optional() }),
    ],
    [
      'a field that may be null now',
      z.strictObject({ a: z.number() }),
      z.strictObject({ a: z.number().nullable() }),
    ],
    ['one more value', z.enum(['a', 'b']), z.enum(['a', 'b', 'c'])],
    ['any text instead of some', z.enum(['a', 'b']), z.string().max(1)],
    ['wider bounds', z.number().min(1).max(5), z.number().positive().max(6)],
    ['any number instead of whole ones', z.int(), z.number()],
    ['a longer text', z.string().min(2).max(5), z.string().min(1).max(9)],
    ['a text without its pattern', z.string().regex(/^a/), z.string()],
    [
      'a field that is gone, unknown fields let pass',
      z.looseObject({ a: z.string(), b: z.string() }),
      z.looseObject({ a: z.string() }),
    ],
    ['one more branch', z.union([z.string(), z.int()]), z.union([z.string(), z.int(), z.null()])],
    [
      'one more kind of a discriminated union',
      z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('a'), x: z.int() })]),
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('b') }),
        z.strictObject({ kind: z.literal('a'), x: z.number() }),
      ]),
    ],
    ['a list with wider members', z.array(z.literal('a')).max(3), z.array(z.string())],
    [
      'a tuple with wider members',
      z.tuple([z.int(), z.literal('x')]),
      z.tuple([z.number(), z.string()]),
    ],
    ['a map with wider values', z.record(z.string(), z.int()), z.record(z.string(), z.number())],
    ['other words', z.string().describe('before'), z.string().describe('after')],
  ])('[CTR-05] accepts %s', (_, before, after) => {
    expect(found(jsonSchema(before), jsonSchema(after))).toEqual([]);
    // The other way round it would break: each of the pairs shows both sides.
    const back = compatibility(jsonSchema(after), jsonSchema(before));
    expect(back.compatible).toBe(_ === 'other words');
  });

  it('follows a schema that refers to itself', () => {
    const tree = (name: unknown) => ({
      ...event({ name, children: { type: 'array', items: { $ref: '#' } } }),
    });
    expect(found(tree({ enum: ['a'] }), tree(text))).toEqual([]);
    expect(found(tree(text), tree({ enum: ['a'] }))).toContainEqual(['name', 'values']);
  });

  it('does not care about the order of keys and of required fields', () => {
    const before = event({ a: text, b: price });
    const after = { ...event({ b: price, a: text }), title: 'something else', 'x-note': 1 };
    expect(compatibility(before, after, 'full').compatible).toBe(true);
  });
});

describe('the modes of compatibility', () => {
  const before = event({ price });
  const wider = event({ price, unit: text }, { required: ['price'] });

  it.each([
    ['backward', true, []],
    ['forward', false, ['forward']],
    ['full', false, ['forward']],
  ] as const)('%s: a new optional field is compatible: %s', (mode, compatible, directions) => {
    const answer = compatibility(before, wider, mode);
    expect(answer.compatible).toBe(compatible);
    expect(answer.breaks.map(({ direction }) => direction)).toEqual(directions);
  });
});
