import { DELIVERY_GAPS } from '../../tools/docs/delivery-gaps';
import { withDeliveryStates } from '../../tools/docs/delivery.page';
import { PARTIAL_ROWS } from '../../tools/docs/partial-rows';
import { evidenceOf, rowsOf } from '../../tools/docs/rows';
import { sectionOf, tablesOf } from './markdown';
import { projectFiles, readText } from './tree';

const SECTIONS = [
  'Consume',
  'Produce',
  'Delivery guarantees',
  'Error handling',
  'Backpressure',
  'Health and lifecycle',
] as const;
/** What another client will bring. */
const OF_ANOTHER_CLIENT = ['CON-11', 'CON-12'];
/** Not a must, and there all the same. */
const BEYOND_MUST = ['BKP-02', 'ERR-05', 'ERR-11'];

const page = readText('docs/delivery.md');
const rows = rowsOf(page);
const evidence = evidenceOf(
  projectFiles()
    .filter((file) => /spec\.ts$|^libs\/testing\/.*\.ts$/.test(file))
    .map((file) => ({ file, source: readText(file) })),
);
const featuresOf = (markdown: string, section: string) =>
  tablesOf(sectionOf(markdown, new RegExp(`^### ${section}$`)) ?? '')
    .flat()
    .map(({ id = '', feature = '', class: importance = '' }) => ({ id, feature, importance }));
const upTo = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

describe('docs/delivery.md', () => {
  it('is what the titles of the tests say (npm run docs)', () => {
    expect(page).toBe(withDeliveryStates(page, evidence, { ...PARTIAL_ROWS, ...DELIVERY_GAPS }));
  });

  it('has every row of the design of delivery, once', () => {
    const asked = [
      ...[...upTo('I', 9), ...upTo('W', 10), ...upTo('RT', 8), ...upTo('G', 7), ...upTo('Q', 5)],
      ...[...upTo('F', 30), ...upTo('NC', 9)],
    ];
    const ids = rows.map(({ id }) => id);
    expect(ids.filter((id) => !id.includes('-'))).toEqual(asked);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(SECTIONS)('lists the features of "%s" as docs/features.md does', (section) => {
    const features = featuresOf(readText('docs/features.md'), section);
    expect(features.length).toBeGreaterThan(3);
    expect(featuresOf(page, section)).toEqual(features);
  });

  it('says of every gap what is missing, and only of rows that it has', () => {
    const ids = new Set(rows.map(({ id }) => id));
    const wrong = Object.entries(DELIVERY_GAPS).filter(
      ([id, gap]) => !ids.has(id) || id in PARTIAL_ROWS || gap.length < 10,
    );
    expect(wrong).toEqual([]);
  });
});

describe('the rows of delivery', () => {
  const features = SECTIONS.flatMap((section) => featuresOf(page, section));

  it('that must be there have a test that names them', () => {
    const must = features.filter(
      ({ id, importance }) => importance.startsWith('M') || BEYOND_MUST.includes(id),
    );
    const untested = must
      .map(({ id }) => id)
      .filter((id) => !OF_ANOTHER_CLIENT.includes(id) && !evidence.has(id));
    expect(must.length).toBeGreaterThan(30);
    expect(untested).toEqual([]);
  });

  it('of the design each have a test, or the reason why there is none', () => {
    const silent = rows.filter(({ id, status }) => !id.includes('-') && status === 'open');
    expect(silent.map(({ id }) => id)).toEqual([]);
  });
});
