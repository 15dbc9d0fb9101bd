import { Secret, serviceSettings } from 'millrace/config';
import type { Settings } from 'millrace/config';
import { tlsFilesOf } from 'millrace/tls';
import type { TlsFiles } from 'millrace/tls';
import type { MongoClientOptions } from 'mongodb';
import type { ConnectOptions } from 'mongoose';
import { uriFacts } from './connection-uri';
import { mongoSettings } from './mongo.config';
import type { IndexMode, MongoSettings } from './mongo.config';
import { WriteConcernWeakError } from './mongo.errors';

/** Options of `MongoModule.forRoot`; each one overrides the setting of its name. */
export interface MongoOptions {
  /** Env `MONGODB_URI`. */
  readonly uri?: string | Secret;
  /** Files of CA, client certificate and key; `{}` = the CAs of Node.js; null = as the connection string says; env `MONGODB_TLS`. */
  readonly tlsFiles?: TlsFiles | null;
  /** User whose password is in a file; env `MONGODB_USERNAME`. Default: as the connection string says. */
  readonly username?: string;
  /** Read again while the process runs; env `MONGODB_PASSWORD_FILE`. */
  readonly passwordFile?: string;
  /** Env `MONGODB_DATABASE`. Default `pipeline`. */
  readonly database?: string;
  /** Driver `maxPoolSize`; env `MONGO_MAX_POOL_SIZE`. Default 20. */
  readonly maxPoolSize?: number;
  /** Driver `serverSelectionTimeoutMS`; unit ms. Default 5 000. */
  readonly serverSelectionTimeoutMs?: number;
  /** Driver `connectTimeoutMS`; unit ms. Default 5 000. */
  readonly connectTimeoutMs?: number;
  /** Driver `socketTimeoutMS`; unit ms. Default 20 000. */
  readonly socketTimeoutMs?: number;
  /** Longest wait for the answer to one bulk; unit ms. Default 10 000. */
  readonly writeTimeoutMs?: number;
  /** How long the inbox knows an event; unit ms. Default 604 800 000 (7 days). */
  readonly inboxTtlMs?: number;
  /** How long markers of deleted documents stay; unit ms. Default 2 592 000 000 (30 days). */
  readonly deletedTtlMs?: number;
  /** Env `MONGO_INDEXES`. Default `create`, in production `verify`. */
  readonly indexes?: IndexMode;
  /** Refuses a server outside of a replica set. Default: in production only; elsewhere it warns. */
  readonly requiresReplicaSet?: boolean;
  /**
   * False: never opens a connection, for tests and the in-memory mode; models can be compiled,
   * sinks are found, queries fail. Default: true, unless `SINK_WRITER` puts other sinks in place.
   */
  readonly connects?: boolean;
}

/** Options with nothing left open. */
export type ResolvedMongoOptions = MongoSettings &
  Required<Pick<MongoOptions, 'requiresReplicaSet' | 'connects' | 'tlsFiles'>>;

/**
 * Joins options and settings.
 *
 * @param settings - undefined, or without the slice: options must then hold all of it.
 * @throws {WriteConcernWeakError} WRITE_CONCERN_WEAK when the connection string weakens writes.
 * @throws {ConfigSliceMissingError} CONFIG_SLICE_MISSING when settings exist without the slice and
 * options do not replace it.
 */
export function resolveMongoOptions(
  { uri, requiresReplicaSet, connects = true, ...given }: MongoOptions,
  settings: Settings,
): ResolvedMongoOptions {
  const values = settings.get(mongoSettings);
  const isProduction =
    settings.has(serviceSettings) && settings.get(serviceSettings).environment === 'production';
  const secret = typeof uri === 'string' ? new Secret(uri) : (uri ?? values.uri);
  refuseWeakWrites(secret);
  return Object.freeze({
    ...values,
    tlsFiles: values.tls ? tlsFilesOf(values) : null,
    ...definedOnly(given),
    uri: secret,
    connects,
    requiresReplicaSet: requiresReplicaSet ?? isProduction,
  });
}

/** What connections prove themselves with; empty = as the connection string says. */
export type SecurityOptions = Pick<MongoClientOptions, 'auth' | 'secureContext' | 'tls'>;

/** Options of the client and of mongoose; what keeps writes safe is not for anyone to choose. */
export function connectOptions(
  options: ResolvedMongoOptions,
  security: SecurityOptions = {},
): ConnectOptions {
  return { ...clientOptions(options, security), dbName: options.database, ...MONGOOSE_RULES };
}

/** Options of the client alone. */
export function clientOptions(
  options: ResolvedMongoOptions,
  security: SecurityOptions,
): MongoClientOptions {
  return {
    ...security,
    maxPoolSize: options.maxPoolSize,
    serverSelectionTimeoutMS: options.serverSelectionTimeoutMs,
    connectTimeoutMS: options.connectTimeoutMs,
    socketTimeoutMS: options.socketTimeoutMs,
    w: 'majority',
    journal: true,
    retryWrites: true,
  };
}

/** Nothing waits in a buffer, nothing is created behind our back, filters are literal. */
export const MONGOOSE_RULES = Object.freeze({
  bufferCommands: false,
  autoIndex: false,
  autoCreate: false,
  sanitizeFilter: true,
});

function refuseWeakWrites(uri: Secret): void {
  const { weakOptions } = uriFacts(uri.reveal());
  if (weakOptions.length === 0) return;
  throw new WriteConcernWeakError({
    message: `the connection string weakens writes: ${weakOptions.join(', ')}`,
    where: 'MONGODB_URI',
  });
}

function definedOnly<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}
