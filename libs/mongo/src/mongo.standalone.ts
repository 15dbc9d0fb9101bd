import type { Settings } from 'millrace/config';
import { systemClock } from 'millrace/retry';
import type { Clock } from 'millrace/retry';
import { createConnection } from 'mongoose';
import { mongoSettings } from './mongo.config';
import { MongoConnection } from './mongo.connection';
import { MONGOOSE_RULES, resolveMongoOptions } from './mongo.options';
import { MongoAuditLog } from './state/mongo.audit-log';
import { MongoControlStore } from './state/mongo.control-store';
import { MongoJobStore } from './state/mongo.job-store';
import { MongoParkedLetters } from './state/mongo.parked-letters';

/** The stores of what operators want and do. */
export interface MongoStores {
  readonly controls: MongoControlStore;
  readonly parked: MongoParkedLetters;
  readonly jobs: MongoJobStore;
  readonly audit: MongoAuditLog;
}

/**
 * Makes a connection outside of Nest: for commands and tools. Nothing is opened before `open`.
 *
 * @throws {WriteConcernWeakError} WRITE_CONCERN_WEAK when the connection string weakens writes.
 */
export function createMongoConnection(
  settings: Settings,
  { clock = systemClock }: { readonly clock?: Clock } = {},
): MongoConnection {
  const connection = createConnection();
  // Listening also answers the rejection of the attempt that has no URI.
  connection.on('error', () => undefined);
  Object.assign((connection as unknown as { readonly config: object }).config, MONGOOSE_RULES);
  const options = resolveMongoOptions({ requiresReplicaSet: false }, settings);
  return new MongoConnection(connection, options, clock);
}

/** Makes the stores of what operators want and do; they work once the connection is open. */
export function createMongoStores(
  connection: MongoConnection,
  settings: Settings,
  { clock = systemClock }: { readonly clock?: Clock } = {},
): MongoStores {
  const { writeTimeoutMs } = settings.get(mongoSettings);
  const options = { writeTimeoutMs };
  return {
    controls: new MongoControlStore(connection, options, clock),
    parked: new MongoParkedLetters(connection, options, clock),
    jobs: new MongoJobStore(connection, options, clock),
    audit: new MongoAuditLog(connection, options, clock),
  };
}
