import {
  ConfigUnsafeError,
  defineSettings,
  loadSettings,
  serviceSettings,
  text,
} from 'millrace/config';
import type { Lint, LintFinding } from 'millrace/config';
import { messageOf } from './settings.fixture';

const fields = {
  lock: { env: 'LAB_LOCK', schema: text, default: 'on', description: '' },
  door: {
    env: 'LAB_DOOR',
    schema: text,
    default: 'shut',
    secret: true,
    inline: 'allowed',
    description: '',
  },
} as const;
type LabLint = Lint<typeof fields>;

const LOCK_OFF: LabLint = {
  id: 'LOCK_OFF',
  severity: { production: 'refuse', otherwise: 'warn' },
  settings: ['LAB_LOCK', 'LAB_DOOR'],
  danger: 'anybody walks in',
  fix: 'lock it',
  check: ({ lock }) => (lock === 'off' ? 'the lock is off' : null),
};
const DOOR_OPEN: LabLint = {
  ...LOCK_OFF,
  id: 'DOOR_OPEN',
  severity: 'refuse',
  override: 'outside-production',
  settings: ['LAB_DOOR'],
  check: ({ door }) => (door.reveal() === 'open-canary' ? 'the door is open' : null),
};
const NEVER: LabLint = {
  ...LOCK_OFF,
  id: 'NO_WALL',
  severity: 'refuse',
  override: 'never',
  check: ({ lock }) => (lock === 'no-wall' ? 'there is no wall' : null),
};

const lab = defineSettings('lab', fields, { lints: [LOCK_OFF, DOOR_OPEN, NEVER] });
const slices = [serviceSettings, lab];
const production = { NODE_ENV: 'production' };

const load = (env: Record<string, string>) =>
  loadSettings({ slices, env, knownPrefixes: ['LAB_'] });
const severities = (env: Record<string, string>) =>
  load(env).warnings.map(({ code, severity }) => [code, severity]);

describe('lints', () => {
  it('[CFG-02] refuse with every finding at once, each with its settings, its danger and what to try', () => {
    const env = { ...production, LAB_LOCK: 'off', LAB_DOOR: 'open-canary' };
    expect(messageOf(() => load(env))).toBe(
      [
        'the configuration is unsafe:',
        '  LAB_LOCK, LAB_DOOR: the lock is off (LOCK_OFF)',
        '    danger: anybody walks in',
        '    try: lock it',
        '  LAB_DOOR: the door is open (DOOR_OPEN)',
        '    danger: anybody walks in',
        '    try: lock it',
      ].join('\n'),
    );
    expect(() => load(env)).toThrow(ConfigUnsafeError);
  });

  it('[CFG-02] are listed with what is invalid, in one error', () => {
    const message = messageOf(() => load({ ...production, LAB_LOCK: 'off', HTTP_PORT: 'x' }));
    expect(message).toMatch(/^the configuration is not valid:\n {2}HTTP_PORT: .*\n {2}LAB_LOCK/);
  });

  it('[CFG-02] can be told all together, for tools', () => {
    const env = { ...production, LAB_LOCK: 'off', LAB_DOOR: 'open-canary', LOG_LEVEL: 'silent' };
    const { warnings } = loadSettings({ slices, env, unsafe: 'tell' });
    expect(warnings.map(({ code, severity }) => [code, severity])).toEqual([
      ['LOG_NOT_READABLE', 'warn'],
      ['LOCK_OFF', 'refuse'],
      ['DOOR_OPEN', 'refuse'],
    ]);
    expect(JSON.stringify(warnings)).not.toContain('canary');
  });

  it('[CFG-02] only warn where they are told to', () => {
    expect(severities({ LAB_LOCK: 'off' })).toEqual([['LOCK_OFF', 'warn']]);
    expect(severities({ ...production })).toEqual([]);
  });

  it('[CFG-02] never look at a slice that is not valid', () => {
    const check = jest.fn(() => 'never');
    const broken = defineSettings(
      'broken',
      { port: { env: 'LAB_PORT', schema: text, description: '' } },
      { lints: [{ ...LOCK_OFF, id: 'BROKEN', check }] },
    );
    expect(messageOf(() => loadSettings({ slices: [broken], env: {} }))).toContain('LAB_PORT');
    expect(check).not.toHaveBeenCalled();
  });

  it('[CFG-02] see other slices, and undefined where one is not loaded', () => {
    const seen: unknown[] = [];
    const looking = defineSettings(
      'looking',
      {},
      {
        lints: [
          {
            ...LOCK_OFF,
            id: 'LOOKING',
            severity: 'warn',
            check: (_, { find, environment }) => {
              seen.push(find(lab)?.lock, environment);
              return null;
            },
          },
        ],
      },
    );
    loadSettings({ slices: [looking, lab], env: {} });
    loadSettings({ slices: [looking], env: production });
    expect(seen).toEqual(['on', 'development', undefined, 'production']);
  });
});

describe('CONFIG_ALLOW', () => {
  const env = { ...production, LAB_LOCK: 'off' };

  it('[CFG-02] starts in spite of the lints that it names, and of no other', () => {
    expect(severities({ ...env, CONFIG_ALLOW: 'LOCK_OFF' })).toEqual([['LOCK_OFF', 'allowed']]);
    expect(() => load({ ...env, CONFIG_ALLOW: 'DOOR_OPEN' })).toThrow(/LOCK_OFF/);
  });

  it('[CFG-02] keeps the whole finding, so that it can be told loudly', () => {
    const [finding] = load({ ...env, CONFIG_ALLOW: 'LOCK_OFF' }).warnings;
    expect(finding).toEqual<LintFinding>({
      code: 'LOCK_OFF',
      variable: 'LAB_LOCK, LAB_DOOR',
      reason: 'the lock is off',
      danger: 'anybody walks in',
      fix: 'lock it',
      severity: 'allowed',
    });
  });

  it('[CFG-02] does not count in production where a lint says so, nor anywhere for some', () => {
    const open = { LAB_DOOR: 'open-canary', CONFIG_ALLOW: 'DOOR_OPEN' };
    expect(severities(open)).toEqual([['DOOR_OPEN', 'allowed']]);
    expect(() => load({ ...open, ...production })).toThrow(/CONFIG_ALLOW cannot allow it here/);
    expect(() => load({ LAB_LOCK: 'no-wall', CONFIG_ALLOW: 'NO_WALL' })).toThrow(/NO_WALL/);
  });

  it('[CFG-02] warns of an id that no lint has, with the nearest one', () => {
    expect(load({ CONFIG_ALLOW: 'LOCK_OF' }).warnings).toMatchObject([
      {
        variable: 'CONFIG_ALLOW',
        severity: 'warn',
        reason: 'no lint has the id LOCK_OF; did you mean LOCK_OFF?',
      },
    ]);
  });

  it('[CFG-01] lets a misspelled variable pass in production, and nothing else does', () => {
    const misspelled = { ...production, LAB_LOK: 'on' };
    expect(() => load(misspelled)).toThrow(
      /LAB_LOK: no setting has this name; did you mean LAB_LOCK\?/,
    );
    expect(severities({ ...misspelled, CONFIG_ALLOW: 'CONFIG_UNKNOWN_KEY' })).toEqual([
      ['CONFIG_UNKNOWN_KEY', 'allowed'],
    ]);
  });
});
