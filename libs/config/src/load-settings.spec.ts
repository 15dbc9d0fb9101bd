import type { StandardSchemaV1 } from '@standard-schema/spec';
import { z } from 'zod';
import {
  ConfigDefinitionInvalidError,
  ConfigSchemaAsyncError,
  ConfigSliceMissingError,
  defineSettings,
  loadSettings,
  text,
} from 'millrace/config';
import type { Lint } from 'millrace/config';
import { files, kafkaSettings, load, messageOf, mongoSettings } from './settings.fixture';
import type { KafkaSettings } from './settings.fixture';

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
  });

  it('[CFG-01] lists every problem of every slice at once, with names and reasons', () => {
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

  it('[CFG-01] never echoes a value, even when the schema quotes it', () => {
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

  it('refuses the id of a lint that is not UPPER_SNAKE_CASE or is used twice', () => {
    const lint = (id: string): Lint => ({
      ...{ id, severity: 'warn', settings: ['A'], danger: '', fix: '' },
      check: () => null,
    });
    for (const ids of [['kebab-case'], ['TWICE', 'TWICE']]) {
      expect(() => defineSettings('x', {}, { lints: ids.map(lint) })).toThrow(
        ConfigDefinitionInvalidError,
      );
    }
    const slices = ['x', 'y'].map((name) => defineSettings(name, {}, { lints: [lint('SAME')] }));
    expect(() => loadSettings({ slices, env: {} })).toThrow(/two lints have the id "SAME"/);
  });
});
