import type { StandardSchemaV1 } from '@standard-schema/spec';
import { z } from 'zod';
import {
  ConfigDefinitionInvalidError,
  ConfigInvalidError,
  ConfigSchemaAsyncError,
  ConfigSliceMissingError,
  defineSettings,
  durationMs,
  list,
  loadSettings,
  Secret,
  text,
} from 'millrace/config';
import type { LoadOptions, SettingsOf } from 'millrace/config';

const brokers = z
  .string()
  .refine((value) => /^[\w.-]+:\d+$/.test(value), 'must be host:port, for example localhost:9092');

const kafkaSettings = defineSettings(
  'kafka',
  {
    brokers: {
      env: 'KAFKA_BROKERS',
      aliases: ['KAFKA_BOOTSTRAP'],
      schema: brokers,
      default: '127.0.0.1:9092',
      description: 'Where the brokers are.',
    },
    lingerMs: {
      env: 'KAFKA_LINGER_MS',
      schema: durationMs,
      default: '5',
      unit: 'ms',
      description: 'Longest wait for more records of a batch.',
    },
    password: {
      env: 'KAFKA_PASSWORD',
      schema: text.optional(),
      secret: true,
      description: 'Password of the SASL user.',
    },
  },
  { refused: { KAFKA_TOPIC: 'the topic is a field of the contract' } },
);
type KafkaSettings = SettingsOf<typeof kafkaSettings>;

const mongoSettings = defineSettings('mongo', {
  uri: { env: 'MONGODB_URI', schema: text, secret: true, description: 'Where the database is.' },
  hosts: { env: 'MONGODB_HOSTS', schema: list.optional(), description: 'More hosts.' },
});

const absent = () => {
  throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
};

function load(env: Record<string, string>, options: Partial<LoadOptions> = {}) {
  return loadSettings({ slices: [kafkaSettings], env, readFile: absent, ...options });
}

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigInvalidError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

const files = (content: Record<string, string>) => (path: string) => content[path] ?? absent();

describe('loadSettings', () => {
  it('parses texts into typed, frozen values', () => {
    const kafka: KafkaSettings = load({ KAFKA_LINGER_MS: '20' }).get(kafkaSettings);
    const linger: number = kafka.lingerMs;
    expect([kafka.brokers, linger, kafka.password]).toEqual(['127.0.0.1:9092', 20, undefined]);
    expect(Object.isFrozen(kafka)).toBe(true);
  });

  it('prefers the environment to a secret file, that to an env file, and that to the default', () => {
    const readFile = files({
      '/run/secret': 'from-secret-file',
      'first.env': 'KAFKA_BROKERS=first:1\nKAFKA_PASSWORD=from-env-file',
      'second.env': 'KAFKA_BROKERS=second:2\nKAFKA_LINGER_MS=7',
    });
    const envFiles = ['first.env', 'second.env'];
    const sources = (env: Record<string, string>) =>
      load(env, { readFile, envFiles })
        .effective()
        .map(({ variable, source }) => [variable, source]);
    expect(sources({ KAFKA_BROKERS: 'env:1', KAFKA_PASSWORD_FILE: '/run/secret' })).toEqual([
      ['KAFKA_BROKERS', 'env'],
      ['KAFKA_LINGER_MS', 'second.env'],
      ['KAFKA_PASSWORD', 'file'],
    ]);
    expect(sources({})).toEqual([
      ['KAFKA_BROKERS', 'first.env'],
      ['KAFKA_LINGER_MS', 'second.env'],
      ['KAFKA_PASSWORD', 'first.env'],
    ]);
    expect(load({}).effective()[0]).toEqual({
      variable: 'KAFKA_BROKERS',
      value: '127.0.0.1:9092',
      source: 'default',
    });
  });

  it('lists every problem of every slice at once, with names and reasons', () => {
    const env = { KAFKA_BROKERS: 'nonsense-value', KAFKA_LINGER_MS: '-1' };
    expect(messageOf(() => load(env, { slices: [kafkaSettings, mongoSettings] }))).toBe(
      [
        'the configuration is not valid:',
        '  KAFKA_BROKERS: must be host:port, for example localhost:9092',
        '  KAFKA_LINGER_MS: must be a whole number of milliseconds',
        '  MONGODB_URI: is not set and has no default',
      ].join('\n'),
    );
  });

  it('never echoes a value, even when the schema quotes it', () => {
    const quoting: StandardSchemaV1<unknown, string> = {
      '~standard': {
        version: 1,
        vendor: 'quoting',
        validate: (value) => ({
          issues: [{ message: `Expected url but received "${String(value)}"` }],
        }),
      },
    };
    const slice = defineSettings('quoting', {
      plain: { env: 'PLAIN', schema: quoting, description: '' },
      hidden: { env: 'HIDDEN', schema: quoting, secret: true, description: '' },
    });
    const message = messageOf(() =>
      loadSettings({ slices: [slice], env: { PLAIN: 'canary-plain', HIDDEN: 'x9' } }),
    );
    expect(message).not.toMatch(/canary-plain|x9/);
    expect(message).toContain('PLAIN: Expected url but received "[value]"');
    expect(message).toContain('HIDDEN: is not valid');
  });

  it('takes an empty variable as not set', () => {
    expect(load({ KAFKA_BROKERS: '' }).get(kafkaSettings).brokers).toBe('127.0.0.1:9092');
  });

  it('reads a second name and refuses two names with different values', () => {
    expect(load({ KAFKA_BOOTSTRAP: 'b:1' }).get(kafkaSettings).brokers).toBe('b:1');
    expect(messageOf(() => load({ KAFKA_BOOTSTRAP: 'b:1', KAFKA_BROKERS: 'c:1' }))).toContain(
      'KAFKA_BROKERS: has another value than KAFKA_BOOTSTRAP, its second name',
    );
  });

  it('refuses a variable that cannot work and says why', () => {
    expect(messageOf(() => load({ KAFKA_TOPIC: 'orders' }))).toContain(
      '  KAFKA_TOPIC: is not a setting: the topic is a field of the contract',
    );
  });

  it('refuses an asynchronous schema with a code', () => {
    const slice = defineSettings('slow', {
      name: { env: 'NAME', schema: z.string().refine(async () => true), description: '' },
    });
    expect(() => loadSettings({ slices: [slice], env: { NAME: 'x' } })).toThrow(
      expect.objectContaining({ code: 'CONFIG_SCHEMA_ASYNC' }),
    );
    expect(ConfigSchemaAsyncError.definition.failure).toBe('fatal');
  });

  it('refuses two slices of one name, and takes the same slice twice', () => {
    const other = defineSettings('kafka', {});
    expect(() => load({}, { slices: [kafkaSettings, other] })).toThrow(
      ConfigDefinitionInvalidError,
    );
    expect(load({}, { slices: [kafkaSettings, kafkaSettings] }).effective()).toHaveLength(3);
  });

  it('chooses a default by environment', () => {
    const slice = defineSettings('topics', {
      topics: {
        env: 'TOPICS',
        schema: text,
        default: { production: 'verify', otherwise: 'create' },
        description: '',
      },
    });
    const topics = (env: Record<string, string>) =>
      load(env, { slices: [slice] }).get(slice).topics;
    expect([topics({}), topics({ NODE_ENV: 'production' })]).toEqual(['create', 'verify']);
  });
});

describe('secrets', () => {
  it('are wrapped, and only reveal() gives them', () => {
    const { password } = load({ KAFKA_PASSWORD: 'canary' }).get(kafkaSettings);
    expect(password).toBeInstanceOf(Secret);
    expect(password?.reveal()).toBe('canary');
  });

  it('are read from the file that <variable>_FILE names, without its last line end', () => {
    const readFile = files({ '/run/secret': 'can\nary\n' });
    const settings = load({ KAFKA_PASSWORD_FILE: '/run/secret' }, { readFile });
    expect(settings.get(kafkaSettings).password?.reveal()).toBe('can\nary');
  });

  it('are refused when variable and file are both given', () => {
    const env = { KAFKA_PASSWORD: 'canary', KAFKA_PASSWORD_FILE: '/run/secret' };
    expect(messageOf(() => load(env))).toContain(
      'KAFKA_PASSWORD: is given twice: by KAFKA_PASSWORD and by KAFKA_PASSWORD_FILE',
    );
  });

  it('are refused when the file cannot be read, without its path', () => {
    const message = messageOf(() => load({ KAFKA_PASSWORD_FILE: '/run/canary' }));
    expect(message).toContain('KAFKA_PASSWORD_FILE: names a file that cannot be read (ENOENT)');
    expect(message).not.toContain('/run/canary');
  });

  it('show only a fingerprint in the effective configuration', () => {
    const lines = load({ KAFKA_PASSWORD: 'canary' }).effective();
    expect(JSON.stringify(lines)).not.toContain('canary');
    expect(lines[2]?.value).toMatch(/^\[secret sha256 [0-9a-f]{8}\]$/);
  });

  it('hide the user info of a URI although the setting is not a secret', () => {
    const slice = defineSettings('proxy', { url: { env: 'URL', schema: text, description: '' } });
    const settings = load({ URL: 'http://me:canary@host/x' }, { slices: [slice] });
    expect(settings.effective()[0]?.value).toBe('http://[redacted]@host/x');
  });
});

describe('env files', () => {
  const read = (content: string) =>
    load({}, { envFiles: ['.engines/env'], readFile: files({ '.engines/env': content }) });

  it('hold KEY=VALUE lines, comments, quotes and export', () => {
    const content = '# engines\n\nexport KAFKA_BROKERS="a:1"\nKAFKA_LINGER_MS = 9\r\n';
    expect(read(content).get(kafkaSettings)).toMatchObject({ brokers: 'a:1', lingerMs: 9 });
  });

  it('are refused with the number of a line that is none', () => {
    expect(messageOf(() => read('KAFKA_BROKERS=a:1\ncanary'))).toContain(
      '.engines/env:2: must be a KEY=VALUE line',
    );
  });

  it('may be absent, but not unreadable', () => {
    const unreadable = () => {
      throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
    };
    expect(load({}, { envFiles: ['absent'] }).get(kafkaSettings).brokers).toBe('127.0.0.1:9092');
    expect(messageOf(() => load({}, { envFiles: ['a.env'], readFile: unreadable }))).toContain(
      'a.env: cannot be read (EACCES)',
    );
  });
});

describe('Settings', () => {
  it('refuses a slice that was not loaded', () => {
    expect(() => load({}).get(mongoSettings)).toThrow(ConfigSliceMissingError);
  });

  it('makes a copy with other values and leaves the original alone', () => {
    const settings = load({});
    const changed = settings.with(kafkaSettings, { lingerMs: 0 });
    expect(changed.get(kafkaSettings)).toMatchObject({ lingerMs: 0, brokers: '127.0.0.1:9092' });
    expect(settings.get(kafkaSettings).lingerMs).toBe(5);
  });
});

describe('defineSettings', () => {
  it('refuses a variable that is not UPPER_SNAKE_CASE or is used twice', () => {
    const field = { schema: text, description: '' };
    expect(() => defineSettings('x', { a: { ...field, env: 'kafkaBrokers' } })).toThrow(
      ConfigDefinitionInvalidError,
    );
    expect(() =>
      defineSettings('x', { a: { ...field, env: 'A' }, b: { ...field, env: 'B', aliases: ['A'] } }),
    ).toThrow(ConfigDefinitionInvalidError);
  });
});
