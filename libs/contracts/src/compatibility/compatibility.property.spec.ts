import Ajv2020 from 'ajv/dist/2020';
import type { ValidateFunction } from 'ajv';
import fc from 'fast-check';
import { COMPATIBILITY_MODES, compatibility } from 'millrace/contracts';
import { SchemaSamples } from '../fakes/schema.samples';

// One for all: each new one compiles the schema of schemas again.
const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false });

/** The oracle: another program's view of which values are valid. */
const compiled = (schema: object): ValidateFunction | null => {
  try {
    return ajv.compile(schema);
  } catch {
    return null; // what the validator refuses as a schema, such as `type: []`
  } finally {
    ajv.removeSchema(schema);
  }
};
const shown = (facts: unknown) => JSON.stringify(facts);
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe('compatibility, against a validator', () => {
  it('[CTR-05] says compatible only when every event of the old schema is valid under the new', () => {
    const seen = { compatible: 0, breaking: 0, events: 0, proven: 0 };
    fc.assert(
      fc.property(seeds, (seed) => {
        const samples = new SchemaSamples(seed);
        const before = samples.document();
        const after = samples.changed(before);
        const isOld = compiled(before);
        const isNew = compiled(after);
        if (isOld === null || isNew === null || shown(before) === shown(after)) return;
        const { compatible } = compatibility(before, after);
        seen[compatible ? 'compatible' : 'breaking'] += 1;
        const drawn = Array.from({ length: 25 }, () => samples.value(before, before));
        const events = drawn.filter((value) => isOld(value));
        const refused = events.find((value) => !isNew(value));
        const counterexample = compatible ? refused : undefined;
        expect(counterexample === undefined ? '' : shown({ before, after, refused })).toBe('');
        if (!compatible && refused !== undefined) seen.proven += 1;
        if (compatible) seen.events += events.length;
      }),
      { numRuns: 500 },
    );
    // An answer that is always "breaking", or values that are never valid, would prove nothing.
    expect(seen.compatible).toBeGreaterThan(50);
    expect(seen.events).toBeGreaterThan(500);
    expect(seen.proven).toBeGreaterThan(seen.breaking / 4);
  }, 120_000);
  it('answers for any JSON, in every mode', () => {
    const anything = fc.jsonValue({ maxDepth: 4 });
    const keyword = fc.constantFrom(
      ...['$ref', 'allOf', 'anyOf', 'const', 'enum', 'items', 'maxLength', 'multipleOf', 'pattern'],
      ...['patternProperties', 'prefixItems', 'properties', 'required', 'type', 'if', '$id'],
      // Names that every object inherits.
      ...['__proto__', 'constructor', 'toString'],
    );
    const odd = fc.oneof(anything, fc.dictionary(keyword, fc.oneof(anything, fc.constant('#'))));
    fc.assert(
      fc.property(odd, odd, fc.constantFrom(...COMPATIBILITY_MODES), (before, after, mode) => {
        const { compatible, breaks } = compatibility(before, after, mode);
        expect(compatible).toBe(breaks.length === 0);
        expect(compatibility(before, before, mode).compatible).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
