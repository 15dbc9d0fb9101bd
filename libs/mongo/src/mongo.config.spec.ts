import { loadSettings, serviceSettings } from 'millrace/config';
import { mongoSettings } from './mongo.config';
import { connectOptions, resolveMongoOptions } from './mongo.options';

const load = (env: Record<string, string> = {}) =>
  loadSettings({ slices: [mongoSettings, serviceSettings], env });

describe('the settings of the MongoDB adapter', () => {
  it('work without any variable', () => {
    const settings = load().get(mongoSettings);
    expect(settings.uri.reveal()).toBe('mongodb://127.0.0.1:27017/?directConnection=true');
    expect(settings).toMatchObject({
      database: 'pipeline',
      serverSelectionTimeoutMs: 5_000,
      indexes: 'create',
    });
  });

  it('only verify indexes in production', () => {
    const env = {
      NODE_ENV: 'production',
      MONGODB_TLS: 'true',
      TERMINATION_GRACE_PERIOD_SECONDS: '120',
    };
    expect(load(env).get(mongoSettings).indexes).toBe('verify');
  });

  it.each([
    ['w=1', 'w'],
    ['w=0', 'w'],
    ['W=tagged', 'w'],
    ['journal=false', 'journal'],
    ['j=false', 'j'],
    ['retryWrites=false', 'retryWrites'],
  ])('refuse %s by its name, without the value and the password', (option, name) => {
    const load = () =>
      loadSettings({
        slices: [mongoSettings],
        env: { MONGODB_URI: `mongodb://user:canary@db:27017/?a=b&${option}` },
      });
    expect(load).toThrow(expect.objectContaining({ code: 'CONFIG_UNSAFE' }));
    expect(load).toThrow(new RegExp(`MONGODB_URI.*${name}`, 's'));
    expect(load).not.toThrow(/canary/);
  });

  it('accept what says the same as the service', () => {
    const uri = 'mongodb://db:27017/?w=majority&journal=true&retryWrites=true';
    expect(load({ MONGODB_URI: uri }).get(mongoSettings).uri.reveal()).toBe(uri);
  });

  it('refuse a text that is no connection string without quoting it', () => {
    expect(() => load({ MONGODB_URI: 'http://canary' })).toThrow(/MONGODB_URI/);
    expect(() => load({ MONGODB_URI: 'http://canary' })).not.toThrow(/canary/);
  });

  it('refuse a socket timeout below the write timeout', () => {
    expect(() => load({ MONGO_SOCKET_TIMEOUT_MS: '5000' })).toThrow(/MONGO_SOCKET_TIMEOUT_MS/);
  });
});

describe('the options of the module', () => {
  it('override settings one by one', () => {
    const options = resolveMongoOptions({ database: 'other', uri: 'mongodb://db:1/' }, load());
    expect(options).toMatchObject({ database: 'other', maxPoolSize: 20, connects: true });
    expect(options.uri.reveal()).toBe('mongodb://db:1/');
    expect(JSON.stringify(options)).not.toContain('db:1');
  });

  it('refuse a weak connection string that no settings have seen', () => {
    expect(() => resolveMongoOptions({ uri: 'mongodb://db/?w=1' }, load())).toThrow(
      expect.objectContaining({ code: 'WRITE_CONCERN_WEAK', failure: 'fatal' }),
    );
  });

  it('[S6] always ask for majority, journal and retryable writes, never create or buffer, and wrap operators in filters', () => {
    expect(connectOptions(resolveMongoOptions({}, load()))).toMatchObject({
      w: 'majority',
      journal: true,
      retryWrites: true,
      bufferCommands: false,
      autoIndex: false,
      autoCreate: false,
      sanitizeFilter: true,
    });
  });

  it('require a replica set in production', () => {
    const env = {
      NODE_ENV: 'production',
      MONGODB_TLS: 'true',
      TERMINATION_GRACE_PERIOD_SECONDS: '120',
    };
    expect(resolveMongoOptions({}, load(env)).requiresReplicaSet).toBe(true);
    expect(resolveMongoOptions({}, load()).requiresReplicaSet).toBe(false);
  });
});
