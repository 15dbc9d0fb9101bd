import { defineSettings, text } from 'millrace/config';
import { defineError } from 'millrace/errors';
import type { CatalogueEntry } from './catalogue';
import { environmentPage } from './environment.page';
import { errorsPage } from './errors.page';

class OvenColdError extends defineError({
  code: 'OVEN_COLD',
  failure: 'infrastructure',
  summary: 'the oven is cold',
  likelyCause: 'nobody lit it',
  fix: 'light it',
}) {}

const slice = defineSettings(
  'oven',
  {
    heat: { env: 'OVEN_HEAT_MS', schema: text, default: '5', unit: 'ms', description: 'Time.' },
    key: {
      env: 'OVEN_KEY',
      aliases: ['OVEN_PIN'],
      schema: text,
      secret: true,
      description: 'Key.',
    },
    wood: { env: 'OVEN_WOOD', schema: text.optional(), description: 'Oak | beech.' },
    door: {
      env: 'OVEN_DOOR',
      schema: text,
      default: { production: 'shut', otherwise: 'open' },
      description: 'Door.',
    },
  },
  {
    refused: { OVEN_GAS: 'there is no pipe' },
    lints: [
      {
        id: 'DOOR_OPEN',
        severity: { production: 'refuse', otherwise: 'warn' },
        settings: ['OVEN_DOOR', 'OVEN_HEAT_MS'],
        danger: 'the heat is lost',
        fix: 'shut the door',
        override: 'outside-production',
        check: () => null,
      },
    ],
  },
);

const entry = (part: Partial<CatalogueEntry>): CatalogueEntry => ({
  owner: 'millrace/oven',
  exported: {},
  errors: [],
  slices: [],
  ...part,
});

describe('the generated pages', () => {
  it('give each error an anchor of its code in lower case, its class, failure, cause and fix', () => {
    const page = errorsPage([entry({ errors: [OvenColdError] })]);
    expect(page).toContain('### OVEN_COLD\n\n`OvenColdError`, infrastructure: the oven is cold.');
    expect(page).toContain('- likely cause: nobody lit it\n- try: light it');
  });

  it('[CFG-02] give each lint its severities, its settings, the danger and what to try', () => {
    expect(environmentPage([entry({ slices: [slice] })])).toContain(
      '| `DOOR_OPEN` | refuse | warn | outside production | `OVEN_DOOR`, `OVEN_HEAT_MS` | the heat is lost | shut the door |',
    );
  });

  it('give each variable its default, unit, secrecy, aliases and meaning', () => {
    const page = environmentPage([entry({ slices: [slice] })]);
    expect(page).toContain('| `OVEN_HEAT_MS` | `5` | ms |  | Time. |');
    expect(page).toContain(
      '| `OVEN_KEY` | **required** |  | yes | Key. Also accepted: `OVEN_PIN`. |',
    );
    expect(page).toContain('| `OVEN_WOOD` | not set |  |  | Oak \\| beech. |');
    expect(page).toContain('| `OVEN_DOOR` | `shut` in production, else `open` |');
    expect(page).toContain('`OVEN_GAS` is refused: there is no pipe.');
  });

  it('list of an app only what its libs do not already list', () => {
    const own = defineSettings('oven', {
      heat: { env: 'OVEN_HEAT_MS', schema: text, default: '9', unit: 'ms', description: 'Time.' },
      wood: { env: 'OVEN_WOOD', schema: text.optional(), description: 'Oak | beech.' },
    });
    const page = environmentPage([
      entry({ slices: [slice] }),
      entry({ owner: 'apps/bakery', slices: [own] }),
    ]);
    expect(page.split('## apps/bakery')[1]).toContain('`9`');
    expect(page.split('## apps/bakery')[1]).not.toContain('OVEN_WOOD');
  });
});
