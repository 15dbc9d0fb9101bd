import { count, defineSettings, durationMs, oneOf, text } from 'millrace/config';
import type { SettingsOf } from 'millrace/config';
import { tlsFields } from 'millrace/tls';
import { isMongoUri } from './connection-uri';
import { MONGO_LINTS } from './mongo.lints';

/** What is done about indexes at start; closed set. */
export const INDEX_MODES = ['create', 'verify', 'off'] as const;
export type IndexMode = (typeof INDEX_MODES)[number];

const fields = {
  uri: {
    env: 'MONGODB_URI',
    schema: text.refine(isMongoUri, 'must begin with mongodb:// or mongodb+srv:// and name a host'),
    default: 'mongodb://127.0.0.1:27017/?directConnection=true',
    description: 'Connection string; w=majority, journal and retryWrites are set by the service.',
    secret: true,
  },
  database: {
    env: 'MONGODB_DATABASE',
    schema: text,
    default: 'pipeline',
    description: 'Database of all collections; the path of the connection string does not count.',
  },
  username: {
    env: 'MONGODB_USERNAME',
    schema: text.optional(),
    description: 'User of the database; the connection string need not name one then.',
  },
  passwordFile: {
    env: 'MONGODB_PASSWORD_FILE',
    schema: text.optional(),
    description: 'File with the password of that user, in one line; read again every 10 s.',
    takesEffect: 'live',
  },
  ...tlsFields('MONGODB'),
  maxPoolSize: {
    env: 'MONGO_MAX_POOL_SIZE',
    schema: count.refine((value) => value >= 1, 'must be 1 or more'),
    default: '20',
    unit: 'count',
    description: 'Most connections per server; one bulk uses one.',
  },
  serverSelectionTimeoutMs: {
    env: 'MONGO_SERVER_SELECTION_TIMEOUT_MS',
    schema: durationMs,
    default: '5000',
    unit: 'ms',
    description: 'Longest wait for a server that can be written to.',
  },
  connectTimeoutMs: {
    env: 'MONGO_CONNECT_TIMEOUT_MS',
    schema: durationMs,
    default: '5000',
    unit: 'ms',
    description: 'Longest wait for TCP and TLS.',
  },
  socketTimeoutMs: {
    env: 'MONGO_SOCKET_TIMEOUT_MS',
    schema: durationMs,
    default: '20000',
    unit: 'ms',
    description: 'Silence after which a connection counts as dead; not below the write timeout.',
  },
  writeTimeoutMs: {
    env: 'MONGO_WRITE_TIMEOUT_MS',
    schema: durationMs,
    default: '10000',
    unit: 'ms',
    description: 'Longest wait for the answer to one bulk; then the records wait for the database.',
  },
  inboxTtlMs: {
    env: 'MONGO_INBOX_TTL_MS',
    // No timer of a process: longer than 24 days is fine.
    schema: count.refine((value) => value >= 1_000, 'must be 1000 or more'),
    default: '604800000',
    unit: 'ms',
    description:
      'How long the inbox knows an event; longer than a topic keeps records and redrives take.',
  },
  deletedTtlMs: {
    env: 'MONGO_DELETED_TTL_MS',
    // No timer of a process: longer than 24 days is fine.
    schema: count.refine((value) => value >= 1_000, 'must be 1000 or more'),
    default: '2592000000',
    unit: 'ms',
    description:
      'How long a sink with `deleted` keeps the marker of a deleted document; longer than the inbox.',
  },
  indexes: {
    env: 'MONGO_INDEXES',
    schema: oneOf(...INDEX_MODES),
    default: { production: 'verify', otherwise: 'create' },
    description: 'What is done about declared indexes: create them, only verify, or nothing.',
  },
} as const;

export type MongoFields = typeof fields;

/** Settings of the MongoDB adapter. */
export const mongoSettings = defineSettings('mongo', fields, { lints: MONGO_LINTS });

export type MongoSettings = SettingsOf<typeof mongoSettings>;
