import { loadSettings, serviceSettings } from 'millrace/config';
import { pipelineSettings } from 'millrace/pipeline';
import { describeLints } from 'millrace/testing';
import { mongoSettings } from './mongo.config';

describeLints('mongo', {
  slice: mongoSettings,
  beside: [pipelineSettings],
  cases: {
    MONGODB_TLS_REQUIRED: {
      unsafe: { MONGODB_URI: 'mongodb+srv://db/?tls=false' },
      safe: { MONGODB_URI: 'mongodb://db:27017/?tls=true' },
    },
    MONGODB_TLS_VERIFICATION_OFF: {
      unsafe: { MONGODB_URI: 'mongodb://db/?tls=true&tlsAllowInvalidHostnames=true' },
      safe: { MONGODB_URI: 'mongodb://db/?tls=true&tlsAllowInvalidHostnames=false' },
    },
    MONGODB_TLS_FILES_UNUSED: {
      unsafe: { MONGODB_TLS_CA_FILE: '/tls/ca.crt' },
      safe: { MONGODB_TLS: 'true', MONGODB_TLS_CA_FILE: '/tls/ca.crt' },
    },
    MONGODB_CREDENTIALS_INCOMPLETE: {
      unsafe: { MONGODB_USERNAME: 'processor' },
      safe: { MONGODB_USERNAME: 'processor', MONGODB_PASSWORD_FILE: '/secrets/mongo' },
    },
    WRITE_CONCERN_WEAK: {
      unsafe: { MONGODB_URI: 'mongodb://db:27017/?w=1' },
      safe: { MONGODB_URI: 'mongodb://db:27017/?w=majority' },
    },
    SOCKET_ENDS_BEFORE_WRITE: {
      unsafe: { MONGO_SOCKET_TIMEOUT_MS: '9999' },
      safe: { MONGO_SOCKET_TIMEOUT_MS: '10000' },
    },
    SINK_DEADLINE_BEFORE_WRITE: {
      unsafe: { PIPELINE_SINK_DEADLINE_MS: '9999' },
      safe: { PIPELINE_SINK_DEADLINE_MS: '10000' },
    },
    INBOX_FORGETS_EARLY: {
      unsafe: { MONGO_INBOX_TTL_MS: '86399999' },
      safe: { MONGO_INBOX_TTL_MS: '86400000' },
    },
    DELETED_FORGOTTEN_BEFORE_INBOX: {
      unsafe: { MONGO_DELETED_TTL_MS: '604799999' },
      safe: { MONGO_DELETED_TTL_MS: '604800000' },
    },
  },
});

describe('MONGODB_TLS_REQUIRED', () => {
  const severityOf = (env: Record<string, string>) =>
    loadSettings({ slices: [serviceSettings, mongoSettings], env, unsafe: 'tell' }).warnings.find(
      ({ code }) => code === 'MONGODB_TLS_REQUIRED',
    )?.severity;

  it('[S18] says nothing of a database of this machine, and warns when a host of it is elsewhere', () => {
    expect(severityOf({})).toBeUndefined();
    expect(
      severityOf({ MONGODB_URI: 'mongodb://localhost,[::1]:27018/?w=majority' }),
    ).toBeUndefined();
    expect(severityOf({ MONGODB_URI: 'mongodb://localhost,mongo-1/' })).toBe('warn');
  });

  it('[S18] is not to be allowed in production, whatever the host', () => {
    const env = { NODE_ENV: 'production', CONFIG_ALLOW: 'MONGODB_TLS_REQUIRED' };
    expect(severityOf(env)).toBe('refuse');
    expect(severityOf({ ...env, MONGODB_URI: 'mongodb://mongo-0:27017/' })).toBe('refuse');
  });
});
