import { defineSettings, loadSettings, text } from 'millrace/config';

const kafkaSettings = defineSettings('kafka', {
  brokers: {
    env: 'KAFKA_BROKERS',
    aliases: ['KAFKA_BOOTSTRAP'],
    schema: text.optional(),
    description: 'Where the brokers are.',
  },
  sessionTimeoutMs: {
    env: 'KAFKA_SESSION_TIMEOUT_MS',
    schema: text.optional(),
    description: 'How long a member may be silent.',
  },
  password: {
    env: 'KAFKA_PASSWORD',
    schema: text.optional(),
    secret: true,
    description: 'Password of the SASL user.',
  },
});

const warningsOf = (env: Record<string, string>) =>
  loadSettings({
    slices: [kafkaSettings],
    env,
    readFile: () => 'x',
    knownPrefixes: ['KAFKA_'],
  }).warnings;

describe('unknown variables', () => {
  it('[CFG-01] with a known prefix are warnings that name the nearest setting', () => {
    expect(warningsOf({ KAFKA_BROKER: 'a:1', OTHER_BROKER: 'a:1' })).toMatchObject([
      {
        code: 'CONFIG_UNKNOWN_KEY',
        variable: 'KAFKA_BROKER',
        reason: 'no setting has this name; did you mean KAFKA_BROKERS?',
        severity: 'warn',
      },
    ]);
  });

  it.each([
    ['KAFKA_BORKERS', 'KAFKA_BROKERS'],
    ['KAFKA_SESSION_TIMEOUT', 'KAFKA_SESSION_TIMEOUT_MS'],
    ['KAFKA_PASSWORD_FIEL', 'KAFKA_PASSWORD_FILE'],
    ['KAFKA_BROKERS_LIST', 'KAFKA_BROKERS'],
  ])('[CFG-01] suggest for %s the setting %s', (variable, near) => {
    expect(warningsOf({ [variable]: 'x' })[0]?.reason).toContain(`did you mean ${near}?`);
  });

  it('[CFG-01] are refused in production when a setting is near, and told of otherwise', () => {
    const production = { NODE_ENV: 'production' };
    expect(() => warningsOf({ ...production, KAFKA_BORKERS: 'canary' })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_UNSAFE',
        message: expect.not.stringContaining('canary') as string,
      }),
    );
    expect(warningsOf({ ...production, KAFKA_HEAP_OPTS: '-Xmx1g' })).toHaveLength(1);
  });

  it('name no setting when none is near', () => {
    expect(warningsOf({ KAFKA_HEAP_OPTS: '-Xmx1g' })[0]?.reason).toBe('no setting has this name');
  });

  it('include the secret file of a setting that is no secret', () => {
    expect(warningsOf({ KAFKA_BROKERS_FILE: '/run/x' })).toHaveLength(1);
  });

  it('do not include settings, second names, secret files and service links of Kubernetes', () => {
    const env = {
      KAFKA_BOOTSTRAP: 'a:1',
      KAFKA_PASSWORD_FILE: '/run/secret',
      KAFKA_SERVICE_HOST: '10.0.0.1',
      KAFKA_PORT: 'tcp://10.0.0.1:9092',
      KAFKA_PORT_9092_TCP_ADDR: '10.0.0.1',
    };
    expect(warningsOf(env)).toEqual([]);
  });

  it('are no errors: the settings are loaded', () => {
    expect(warningsOf({ KAFKA_TYPO: 'x' })).toHaveLength(1);
  });
});
