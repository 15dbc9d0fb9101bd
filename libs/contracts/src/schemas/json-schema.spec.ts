import type { StandardSchemaV1 } from '@standard-schema/spec';
import { JSON_SCHEMA_TARGETS, defineContract, jsonSchemaOf } from 'millrace/contracts';
import type { ContractDefinition } from 'millrace/contracts';
import { z } from 'zod';

const contractOf = (
  schema: StandardSchemaV1,
  more: Partial<ContractDefinition<StandardSchemaV1>> = {},
) => defineContract({ name: 'lab.order.placed', version: 2, topic: 'orders', schema, ...more });

/** A vendor that validates and says nothing about JSON Schema. */
const silent = (trait?: object): StandardSchemaV1 => ({
  '~standard': { version: 1, vendor: 'lab', validate: (value) => ({ value }), ...trait },
});

describe('jsonSchemaOf', () => {
  const order = z.strictObject({ id: z.string(), count: z.int().min(1).default(1) });

  it.each([
    ['draft-2020-12', 'https://json-schema.org/draft/2020-12/schema'],
    ['draft-07', 'http://json-schema.org/draft-07/schema#'],
  ] as const)('asks the vendor for what a reader accepts, in %s', (target, dialect) => {
    const schema = jsonSchemaOf(contractOf(order), target);
    expect(schema).toMatchObject({
      $schema: dialect,
      title: 'lab.order.placed',
      'x-contract': 'lab.order.placed v2',
      properties: { id: { type: 'string' }, count: { type: 'integer', minimum: 1 } },
      required: ['id'],
      additionalProperties: false,
    });
    expect(Object.keys(schema).slice(0, 3)).toEqual(['$schema', 'title', 'x-contract']);
  });

  it('keeps the title that a schema has', () => {
    const titled = order.meta({ title: 'An order' });
    expect(jsonSchemaOf(contractOf(titled))).toMatchObject({ title: 'An order' });
  });

  it('takes what the contract says over what the vendor says', () => {
    const jsonSchema = (target: string) => ({ type: 'object', description: target });
    const answers = JSON_SCHEMA_TARGETS.map((target) =>
      jsonSchemaOf(contractOf(order, { jsonSchema }), target),
    );
    expect(answers).toMatchObject([{ description: 'draft-2020-12' }, { description: 'draft-07' }]);
    expect(answers[0]).not.toHaveProperty('properties');
  });

  it('takes the trait of any vendor', () => {
    const trait = { jsonSchema: { input: ({ target }: { target: string }) => ({ $id: target }) } };
    expect(jsonSchemaOf(contractOf(silent(trait)))).toMatchObject({ $id: 'draft-2020-12' });
  });

  it.each([
    ['says nothing', silent(), 'schemas of lab have no ~standard.jsonSchema'],
    ['answers nonsense', silent({ jsonSchema: { input: () => null } }), 'schemas of lab have no'],
    ['has a type that JSON has not', z.strictObject({ at: z.date() }), 'zod refuses: Date'],
  ])('tells when a schema %s', (_, schema, message) => {
    const ask = () => jsonSchemaOf(contractOf(schema));
    expect(ask).toThrow(expect.objectContaining({ code: 'CONTRACT_SCHEMA_UNKNOWN' }));
    expect(ask).toThrow(`lab.order.placed v2: ${message}`);
  });

  it('changes nothing of the schema, and gives the same document again', () => {
    const frozen = Object.freeze({ type: 'object', properties: Object.freeze({ mail: {} }) });
    const contract = contractOf(silent(), { jsonSchema: () => frozen, personalData: ['mail'] });
    expect(jsonSchemaOf(contract)).toEqual(jsonSchemaOf(contract));
    expect(frozen.properties.mail).toEqual({});
  });
});

describe('personal data in a JSON Schema', () => {
  const person = z.strictObject({ name: z.string(), mail: z.string() });
  const marked = (schema: z.ZodType, ...personalData: string[]) =>
    jsonSchemaOf(contractOf(schema, { personalData }));
  const IS_MARKED = { 'x-personal-data': true };

  it('is marked at the field', () => {
    const schema = marked(z.strictObject({ by: person, id: z.string() }), 'by.mail');
    expect(schema).toMatchObject({ properties: { by: { properties: { mail: IS_MARKED } } } });
    expect(JSON.stringify(schema).match(/x-personal-data/g)).toHaveLength(1);
  });

  it('is marked in lists, in every branch, in maps and behind references', () => {
    const named = person.meta({ id: 'person' });
    const schema = z.strictObject({
      all: z.array(person),
      one: z.union([person, z.strictObject({ mail: z.string() }), z.null()]),
      map: z.record(z.string(), person),
      named,
      again: named,
    });
    const found = marked(schema, 'all.mail', 'one.mail', 'map.anybody.mail', 'named.mail');
    expect(found).toMatchObject({
      properties: {
        all: { items: { properties: { mail: IS_MARKED } } },
        one: {
          anyOf: [{ properties: { mail: IS_MARKED } }, { properties: { mail: IS_MARKED } }, {}],
        },
        map: { additionalProperties: { properties: { mail: IS_MARKED } } },
      },
      $defs: { person: { properties: { mail: IS_MARKED } } },
    });
  });

  it('ends in a schema that refers to itself', () => {
    interface Tree {
      readonly mail: string;
      readonly children: readonly Tree[];
    }
    const tree: z.ZodType<Tree> = z.strictObject({
      mail: z.string(),
      children: z.array(z.lazy(() => tree)),
    });
    expect(marked(tree, 'children.mail')).toMatchObject({ properties: { mail: IS_MARKED } });
  });

  it('is refused when the schema has no such field: it would be shown in the clear', () => {
    const mark = () => marked(z.strictObject({ by: person }), 'by.mial', 'by.mail', 'x');
    expect(mark).toThrow(expect.objectContaining({ code: 'CONTRACT_DEFINITION_INVALID' }));
    expect(mark).toThrow('personalData names by.mial, x, which its schema has not');
  });
});
