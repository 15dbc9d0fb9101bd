import { loadCatalogue } from '../../tools/docs/catalogue';
import { environmentPage } from '../../tools/docs/environment.page';
import { errorsPage } from '../../tools/docs/errors.page';
import { PARTIAL_ROWS } from '../../tools/docs/partial-rows';
import { evidenceOf, rowsOf, withEvidence, withoutPartial } from '../../tools/docs/rows';
import { idsOf, testTitles } from '../../tools/docs/test-titles';
import { ROOT, projectFiles, readText } from './tree';

const catalogue = loadCatalogue(ROOT, ROOT);
const sources = projectFiles().filter(
  // Errors of fakes are thrown in specs only.
  (file) => /^(libs|apps)\/.*\.ts$/.test(file) && !/spec\.ts$|\/fakes\//.test(file),
);

describe('the catalogue of errors', () => {
  const classes = catalogue.flatMap(({ errors }) => errors);
  const codes = classes.map(({ definition }) => definition.code);

  it('is docs/errors.md (npm run docs)', () => {
    expect(readText('docs/errors.md')).toBe(errorsPage(catalogue));
  });

  it('has each code once, as <AREA>_<WHAT>', () => {
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
    expect(codes.filter((code) => !/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(code))).toEqual([]);
    expect(codes.length).toBeGreaterThan(0);
  });

  it('has every code that a source file defines, so that none is thrown without an entry', () => {
    const defined = sources.flatMap((file) =>
      [...readText(file).matchAll(/defineError\(\{\s*code: '([^']+)'/g)].map(([, code]) => code),
    );
    // The documentation of defineError itself shows the call without a code.
    expect(defined.filter((code) => code !== undefined && !codes.includes(code))).toEqual([]);
    expect([...new Set(defined)].length).toBe(codes.length);
  });

  it.each(catalogue.map(({ owner }) => owner))('%s lists its errors in <LIB>_ERRORS', (owner) => {
    const { exported = {}, errors = [] } = catalogue.find((entry) => entry.owner === owner) ?? {};
    const lists = Object.entries(exported).filter(([name]) => name.endsWith('_ERRORS'));
    const listed = new Set(lists.flatMap(([, value]) => value as readonly unknown[]));
    if (owner.startsWith('millrace/') && owner !== 'millrace/errors') {
      expect(listed).toEqual(new Set(errors));
    }
    for (const value of listed) expect(errors).toContain(value);
  });

  it('says for each what happened, why and what to try', () => {
    const silent = classes.filter(({ definition: { summary, likelyCause, fix } }) =>
      [summary, likelyCause, fix].some((text) => text.trim() === ''),
    );
    expect(silent).toEqual([]);
  });
});

describe('the settings', () => {
  const settings = catalogue.flatMap(({ slices }) =>
    slices.flatMap((slice) => Object.entries(slice.fields).map(([field, s]) => ({ field, ...s }))),
  );

  it('are docs/environment.md (npm run docs)', () => {
    expect(readText('docs/environment.md')).toBe(environmentPage(catalogue));
    expect(settings.length).toBeGreaterThan(0);
  });

  it('carry their unit in the name of field and variable', () => {
    const SUFFIX: Readonly<Record<string, RegExp>> = {
      ms: /(Ms|_MS)($|[A-Z_])/,
      bytes: /(^bytes|Bytes|_BYTES)($|[A-Z_])/,
    };
    const unclear = settings.filter(({ field, env, unit = '' }) => {
      const suffix = SUFFIX[unit];
      return suffix !== undefined && !(suffix.test(field) && suffix.test(env));
    });
    expect(unclear.map(({ env }) => env)).toEqual([]);
  });

  it('have defaults that their own schemas accept', () => {
    const broken = settings.filter(({ schema, default: fallback }) => {
      const texts = typeof fallback === 'object' ? Object.values(fallback) : [fallback];
      return texts
        .filter((text) => text !== undefined)
        .some((text) => {
          const result = schema['~standard'].validate(text);
          return result instanceof Promise || result.issues !== undefined;
        });
    });
    expect(broken.map(({ env }) => env)).toEqual([]);
  });
});

const PAGES_WITH_ROWS = ['docs/requirements.md', 'docs/features.md'];
const specs = projectFiles()
  .filter((path) => /spec\.ts$|^libs\/testing\/.*\.ts$/.test(path))
  .map((path) => ({ file: path, source: readText(path) }));
const evidence = evidenceOf(specs);

describe.each(PAGES_WITH_ROWS)('the rows of %s', (file) => {
  const rows = rowsOf(readText(file));

  it('are open or done, each with an id of its own', () => {
    expect(rows.filter(({ status }) => !['open', 'done'].includes(status))).toEqual([]);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    expect(rows.length).toBeGreaterThan(60);
  });

  it('that are done name a test whose title has their id', () => {
    const shows = (path: string, id: string) => {
      const source = specs.find((spec) => spec.file === path)?.source ?? '';
      return testTitles(source).flatMap(idsOf).includes(id);
    };
    const unproven = rows
      .filter(({ status }) => status === 'done')
      .filter(({ id, tests }) => tests.length === 0 || !tests.every((path) => shows(path, id)));
    expect(unproven).toEqual([]);
  });

  it('that are open name no test', () => {
    const odd = rows.filter(({ status, tests }) => status === 'open' && tests.length > 0);
    expect(odd).toEqual([]);
  });

  it('are what the titles of the tests say (npm run docs)', () => {
    const page = readText(file);
    expect(page).toBe(withEvidence(page, withoutPartial(evidence, PARTIAL_ROWS)));
  });
});

describe('the rows that are shown in part', () => {
  const ids = new Set(
    PAGES_WITH_ROWS.flatMap((file) => rowsOf(readText(file)).map(({ id }) => id)),
  );

  it('exist, are named by a test, and say what is missing', () => {
    const wrong = Object.entries(PARTIAL_ROWS).filter(
      ([id, missing]) => !ids.has(id) || !evidence.has(id) || missing.length < 10,
    );
    expect(wrong).toEqual([]);
  });

  it('are the only ones that a title may name without being done', () => {
    const inTitles = [...evidence.keys()].filter((id) => ids.has(id));
    const done = PAGES_WITH_ROWS.flatMap((file) => rowsOf(readText(file)))
      .filter(({ status }) => status === 'done')
      .map(({ id }) => id);
    expect([...done, ...Object.keys(PARTIAL_ROWS)].sort()).toEqual(inTitles.sort());
  });
});
