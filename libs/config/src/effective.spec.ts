import { defineSettings, text } from 'millrace/config';
import { files, kafkaSettings, load, mongoSettings } from './settings.fixture';

describe('the effective configuration', () => {
  it('[CFG-03] tells of every setting its value, where it is from and what it means', () => {
    const [brokers, linger] = load({ KAFKA_LINGER_MS: '7' }).effective();
    expect(brokers).toEqual({
      slice: 'kafka',
      variable: 'KAFKA_BROKERS',
      value: '127.0.0.1:9092',
      source: 'default',
      unit: null,
      description: 'Where the brokers are.',
      isSecret: false,
      needsRestart: true,
    });
    expect(linger).toMatchObject({ value: '7', source: 'env', unit: 'ms' });
  });

  it('[CFG-03] names each kind of source: default, environment, secret file, env file', () => {
    const readFile = files({ '/run/uri': 'mongodb://db\n', '.engines/env': 'KAFKA_LINGER_MS=9' });
    const lines = load(
      { KAFKA_BROKERS: 'a:1', MONGODB_URI_FILE: '/run/uri' },
      { slices: [kafkaSettings, mongoSettings], readFile, envFiles: ['.engines/env'] },
    ).effective();
    expect(lines.map(({ variable, source }) => [variable, source])).toEqual([
      ['KAFKA_BROKERS', 'env'],
      ['KAFKA_LINGER_MS', '.engines/env'],
      ['KAFKA_PASSWORD', 'default'],
      ['MONGODB_URI', 'file'],
      ['MONGODB_HOSTS', 'default'],
    ]);
  });

  it('[CFG-03] shows a secret as a fingerprint that is the same for the same secret only', () => {
    const valueOf = (password: string) => {
      const lines = load({ KAFKA_PASSWORD: password }).effective();
      expect(JSON.stringify(lines)).not.toContain(password);
      return lines[2];
    };
    expect(valueOf('canary')).toMatchObject({
      value: expect.stringMatching(/^\[secret sha256 [0-9a-f]{8}\]$/) as string,
      isSecret: true,
    });
    expect(valueOf('canary')).toEqual(valueOf('canary'));
    expect(valueOf('canary')?.value).not.toBe(valueOf('another')?.value);
    expect(load({}).effective()[2]).toMatchObject({ value: '', source: 'default' });
  });

  it('[CFG-03] hides the user info of a URI although the setting is not a secret', () => {
    const slice = defineSettings('proxy', { url: { env: 'URL', schema: text, description: '' } });
    const settings = load({ URL: 'http://me:canary@host/x' }, { slices: [slice] });
    expect(settings.effective()[0]?.value).toBe('http://[redacted]@host/x');
  });

  it('[CFG-03] says which settings count without a restart', () => {
    const field = { schema: text, default: 'x', description: '' };
    const slice = defineSettings('files', {
      ca: { ...field, env: 'CA_FILE', takesEffect: 'live' },
      host: { ...field, env: 'HOST', takesEffect: 'restart' },
    });
    const lines = load({}, { slices: [slice] }).effective();
    expect(lines.map(({ needsRestart }) => needsRestart)).toEqual([false, true]);
  });
});
