import { z } from 'zod';
import { loadSettings } from './load-settings';
import type { LoadOptions } from './load-settings';
import { durationMs, list, text } from './schemas';
import type { Settings } from './settings';
import { defineSettings } from './settings-slice';
import type { SettingsOf } from './settings-slice';

const brokers = z
  .string()
  .refine((value) => /^[\w.-]+:\d+$/.test(value), 'must be host:port, for example localhost:9092');

export const kafkaSettings = defineSettings(
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
export type KafkaSettings = SettingsOf<typeof kafkaSettings>;

export const mongoSettings = defineSettings('mongo', {
  uri: { env: 'MONGODB_URI', schema: text, secret: true, description: 'Where the database is.' },
  hosts: { env: 'MONGODB_HOSTS', schema: list.optional(), description: 'More hosts.' },
});

export const absent = (): never => {
  throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
};

/** Reads the slice `kafka`, without a file system. */
export function load(env: Record<string, string>, options: Partial<LoadOptions> = {}): Settings {
  return loadSettings({ slices: [kafkaSettings], env, readFile: absent, ...options });
}

/** The message of the refusal. */
export function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toMatchObject({
      name: expect.stringMatching(/^Config(Invalid|Unsafe)Error$/) as string,
    });
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

export const files =
  (content: Record<string, string>) =>
  (path: string): string =>
    content[path] ?? absent();
