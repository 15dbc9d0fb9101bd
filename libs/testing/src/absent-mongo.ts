import type { MongoConnection } from 'millrace/mongo';

/** Stands where the database would be: there, healthy, and asked for nothing. */
export function absentMongo(): Partial<MongoConnection> {
  return {
    address: 'in memory',
    database: 'in-memory',
    isClosed: false,
    models: [],
    prepare: async () => undefined,
    model: () => undefined,
    open: async () => ({ isWritablePrimary: true, replicaSet: 'in memory' }),
    ping: async () => undefined,
    probe: async () => undefined,
    close: async () => undefined,
  };
}
