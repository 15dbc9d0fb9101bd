import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import {
  asyncApiOf,
  checkContracts,
  checkCorpus,
  defineContract,
  isContract,
  planSchemaFiles,
} from 'millrace/contracts';
import type { Contract, Upcaster } from 'millrace/contracts';
import * as events from 'millrace/events';
import { z } from 'zod';
import { ROOT, projectFiles, readJson, readText } from './tree';

const SCHEMAS = 'contracts/schemas';
const CORPUS = 'contracts/corpus';
const ASYNC_API = 'contracts/asyncapi.json';
const INFO = { title: 'Metals events', version: '1.0.0' };

const contracts = Object.values<unknown>(events).filter(isContract);
const readCommitted = (file: string) =>
  existsSync(join(ROOT, SCHEMAS, file)) ? readText(`${SCHEMAS}/${file}`) : null;
const corpus = projectFiles()
  .filter((path) => path.startsWith(`${CORPUS}/`))
  .map((path) => ({
    path: path.slice(CORPUS.length + 1),
    bytes: readFileSync(join(ROOT, path)),
  }));
const codesOf = (findings: ReadonlyArray<{ readonly code: string }>) =>
  findings.map(({ code }) => code);

describe('the committed contracts', () => {
  it('[CTR-05] are compatible with the code (millrace contracts check)', () => {
    expect(contracts.length).toBeGreaterThan(0);
    expect(checkContracts(contracts, readCommitted)).toEqual([]);
    expect(planSchemaFiles(contracts, readCommitted)).toEqual({ write: [], refused: [] });
  });

  it('[CTR-03] have a golden corpus that every one of them still reads', () => {
    expect(checkCorpus(contracts, corpus)).toEqual([]);
    expect(corpus.some(({ path }) => path.includes('/v1/'))).toBe(true);
  });

  it('[CTR-03] accept each event of the corpus by the schema of its own version', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const { path, bytes } of corpus.filter((file) => !file.path.endsWith('expected.json'))) {
      const [name = '', version = ''] = path.split('/');
      const schema = readJson<object>(`${SCHEMAS}/${name}.${version}.schema.json`);
      expect([path, ajv.validate(schema, JSON.parse(bytes.toString()))]).toEqual([path, true]);
    }
  });
});

/** The reference contract after a change that somebody might make. */
function changed(price: z.ZodType, version = 2, upcast?: Record<number, Upcaster>): Contract {
  return defineContract({
    name: 'metals.price.quoted',
    version,
    topic: 'metals-prices',
    schema: z.strictObject({
      metal: z.enum(events.METALS),
      price,
      currency: z.string().regex(/^[A-Z]{3}$/),
      observedAt: z.iso.datetime(),
    }),
    upcast: upcast ?? { 1: (older: object) => ({ ...older, currency: 'USD' }) },
  });
}

describe('a change of a reference contract', () => {
  it('[CTR-05] that breaks readers is a finding with contract, version and field', () => {
    const findings = checkContracts([changed(z.string())], readCommitted);
    expect(findings).toMatchObject([
      { code: 'schema-breaking', contract: 'metals.price.quoted', version: 2, field: 'price' },
    ]);
    expect(findings[0]?.fix).toContain('raise the version to 3 and write an upcaster');
  });

  it('[CTR-05] to a new version without an upcaster drops records that are still there', () => {
    const findings = checkContracts([changed(z.string(), 3, {})], readCommitted);
    expect(codesOf(findings).sort()).toEqual([
      'schema-missing',
      'version-dropped',
      'version-dropped',
    ]);
  });

  it('[CTR-03] to a new version needs an event of the former version in the corpus', () => {
    const same = (older: unknown) => older;
    const upcast = { 1: () => ({}), 2: same };
    const former = corpus.filter(({ path }) => !path.includes('/v2/'));
    const findings = checkCorpus([changed(z.number(), 3, upcast)], former);
    expect(codesOf(findings)).toContain('corpus-missing');
    expect(findings.find(({ code }) => code === 'corpus-missing')).toMatchObject({ version: 2 });
  });

  it('[CTR-03] of an upcaster that makes other events of old ones is a finding', () => {
    const upcast = { 1: (older: object) => ({ ...older, currency: 'EUR' }) };
    const findings = checkCorpus([changed(z.number(), 2, upcast)], corpus);
    expect(new Set(codesOf(findings))).toEqual(new Set(['corpus-changed']));
  });
});

describe(ASYNC_API, () => {
  const document = `${JSON.stringify(asyncApiOf(contracts, INFO), null, 2)}\n`;

  it('[CTR-04] is what the contracts say (millrace contracts asyncapi)', () => {
    expect(readText(ASYNC_API)).toBe(document);
  });

  it('[CTR-04] is a valid document of AsyncAPI 3.0 for the official parser', () => {
    expect(parsed(document)).toEqual({ version: '3.0.0', problems: [] });
    const broken = document.replace('"action": "send"', '"action": "shout"');
    expect(parsed(broken).problems).not.toEqual([]);
  }, 60_000);
});

/** In a process of its own: the parser changes globals, and loads much. */
function parsed(document: string): { version: string | null; problems: readonly unknown[] } {
  const program = `
    const { Parser } = require('@asyncapi/parser');
    new Parser().parse(require('fs').readFileSync(0, 'utf8')).then(({ document, diagnostics }) => {
      const problems = diagnostics.filter(({ severity }) => severity < 2);
      const version = document === undefined ? null : document.version();
      process.stdout.write(JSON.stringify({ version, problems }));
    });`;
  const answer = execFileSync(process.execPath, ['-e', program], { cwd: ROOT, input: document });
  return JSON.parse(answer.toString('utf8')) as ReturnType<typeof parsed>;
}
