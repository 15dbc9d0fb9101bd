import {
  checkContracts,
  checkCorpus,
  defineContract,
  planSchemaFiles,
  schemaFileOf,
} from 'millrace/contracts';
import type { Contract, Upcaster } from 'millrace/contracts';
import { z } from 'zod';

const NAME = 'lab.price.quoted';
const schema = z.strictObject({ price: z.number(), unit: z.string() });
function price(
  fields: z.ZodType = schema,
  version = 2,
  upcast: Record<number, Upcaster> = { 1: (old: object) => ({ ...old, unit: 'g' }) },
): Contract {
  return defineContract({ name: NAME, version, topic: 'prices', schema: fields, upcast });
}
const committedOf = (...contracts: readonly Contract[]) => {
  const files = new Map(
    contracts.flatMap((contract) =>
      planSchemaFiles([contract], () => null).write.map(({ file, text }) => [file, text] as const),
    ),
  );
  return (file: string) => files.get(file) ?? null;
};
const codes = (findings: ReadonlyArray<{ readonly code: string }>) =>
  findings.map(({ code }) => code);

describe('checkContracts', () => {
  it('has nothing to say about what is committed as it is', () => {
    expect(checkContracts([price()], committedOf(price()))).toEqual([]);
  });

  it('[CTR-05] names contract, version, field and fix of a change that breaks readers', () => {
    const narrow = z.strictObject({ price: z.int(), unit: z.string() });
    expect(checkContracts([price(narrow)], committedOf(price()))).toEqual([
      {
        code: 'schema-breaking',
        contract: NAME,
        version: 2,
        field: 'price',
        message: 'lab.price.quoted v2: field "price": could be number, must be integer',
        fix: 'raise the version to 3 and write an upcaster: upcast: { 2: (v2) => v3 }',
      },
    ]);
  });

  it('[CTR-05] accepts the same change as a new version with an upcaster', () => {
    const narrow = z.strictObject({ price: z.int(), unit: z.string() });
    const round = ({ price: old, unit }: z.infer<typeof schema>) => ({
      price: Math.round(old),
      unit,
    });
    const raised = price(narrow, 3, { 1: (old: object) => old, 2: round });
    const [first, ...others] = checkContracts([raised], committedOf(price()));
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      code: 'schema-missing',
      fix: `run \`millrace contracts schema --write\` and commit ${NAME}.v3.schema.json`,
    });
  });

  it.each<[string, Contract, (file: string) => string | null, string[]]>([
    ['no file', price(), () => null, ['schema-missing']],
    ['a file that is no JSON', price(), () => '{', ['schema-unreadable', 'version-lowered']],
    [
      'a change that breaks nobody',
      price(z.strictObject({ price: z.number(), unit: z.string().optional() })),
      committedOf(price()),
      ['schema-outdated'],
    ],
    [
      'a version that went back',
      price(schema, 1, {}),
      committedOf(price(schema, 1, {}), price()),
      ['version-lowered'],
    ],
    [
      'a version that can no longer be read',
      price(schema, 2, {}),
      committedOf(price(schema, 1, {}), price(schema, 2, {})),
      ['version-dropped'],
    ],
    ['a schema that JSON cannot say', price(z.date()), () => null, ['schema-unknown']],
  ])('finds %s', (_, contract, readCommitted, expected) => {
    expect(codes(checkContracts([contract], readCommitted))).toEqual(expected);
  });

  it('looks the other way too, when it is asked to', () => {
    const wider = price(z.strictObject({ price: z.number(), unit: z.string().optional() }));
    const [finding] = checkContracts([wider], committedOf(price()), 'full');
    expect(finding).toMatchObject({ code: 'schema-breaking', field: 'unit' });
    expect(finding?.message).toContain('for readers that are not updated yet');
  });
});

describe('planSchemaFiles', () => {
  it('writes what is missing or out of date, as text that ends in a line', () => {
    const { write, refused } = planSchemaFiles([price()], () => null);
    expect(write.map(({ file }) => file)).toEqual([schemaFileOf(price())]);
    expect(write[0]?.text).toMatch(/^\{\n {2}"\$schema"[^]*\}\n$/);
    expect(refused).toEqual([]);
  });

  it('[CTR-05] never replaces a file by one that breaks readers', () => {
    const broken = price(z.strictObject({ price: z.string(), unit: z.string() }));
    const { write, refused } = planSchemaFiles([broken], committedOf(price()));
    expect(write).toEqual([]);
    expect(codes(refused)).toEqual(['schema-breaking']);
  });
});

describe('checkCorpus', () => {
  const EVENT = { price: 1, unit: 'g' };
  const pinned = { 'v1/a.json': EVENT };
  const file = (path: string, content: unknown) => ({
    path: `${NAME}/${path}`,
    bytes: Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
  });
  const whole = [file('v1/a.json', { price: 1 }), file('expected.json', pinned)];

  it('[CTR-03] has nothing to say when every old event becomes what is pinned', () => {
    expect(checkCorpus([price()], whole)).toEqual([]);
    const older = price(schema, 1, {});
    expect(checkCorpus([older, price()], whole)).toEqual([]);
  });

  it.each([
    ['an older version without an event', [], ['corpus-missing'], 1],
    [
      'an event that is no longer valid',
      [file('v1/a.json', { price: 'x' }), file('expected.json', pinned)],
      ['corpus-unreadable'],
      1,
    ],
    [
      'an event that becomes another',
      [file('v1/a.json', { price: 2 }), file('expected.json', pinned)],
      ['corpus-changed'],
      1,
    ],
    ['an event without an expectation', [file('v1/a.json', { price: 1 })], ['corpus-unpinned'], 1],
    [
      'expectations that are no JSON',
      [file('v1/a.json', { price: 1 }), file('expected.json', '{')],
      ['corpus-unpinned'],
      1,
    ],
    [
      'an expectation whose event is gone',
      [...whole.slice(0, 1), file('expected.json', { ...pinned, 'v1/b.json': EVENT })],
      ['corpus-unpinned'],
      2,
    ],
    ['a version of the future', [...whole, file('v3/a.json', EVENT)], ['corpus-foreign'], 0],
    ['a file in no version', [...whole, file('a.json', EVENT)], ['corpus-foreign'], 0],
    [
      'a contract that is not there',
      [...whole, { path: 'lab.x.y/v1/a.json', bytes: Buffer.of() }],
      ['corpus-foreign'],
      0,
    ],
  ])('[CTR-03] finds %s', (_, files, expected, version) => {
    const findings = checkCorpus([price()], files);
    expect(codes(findings)).toEqual(expected);
    expect(findings[0]?.version).toBe(version);
  });

  it('[CTR-03] fails when a version is raised without an event of the former one', () => {
    const raised = price(schema, 3, {
      1: (old: object) => ({ ...old, unit: 'g' }),
      2: (old) => old,
    });
    const findings = checkCorpus([raised], whole);
    expect(findings).toMatchObject([{ code: 'corpus-missing', version: 2 }]);
  });
});
