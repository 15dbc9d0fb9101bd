import { defineSettings, loadSettings, text } from 'millrace/config';

const kafkaSettings = defineSettings('kafka', {
  brokers: {
    env: 'KAFKA_BROKERS',
    aliases: ['KAFKA_BOOTSTRAP'],
    schema: text.optional(),
    description: 'Where the brokers are.',
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
  it('with a known prefix are warnings that name the nearest setting', () => {
    expect(warningsOf({ KAFKA_BROKER: 'a:1', OTHER_BROKER: 'a:1' })).toEqual([
      {
        code: 'CONFIG_UNKNOWN_KEY',
        variable: 'KAFKA_BROKER',
        reason: 'no setting has this name; did you mean KAFKA_BROKERS?',
      },
    ]);
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
