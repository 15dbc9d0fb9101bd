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
