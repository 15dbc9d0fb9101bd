// @ts-check
import { setTimeout as delay } from 'node:timers/promises';
import { EngineError } from './engine-error.mjs';
import { withMongoClient } from './mongo-client.mjs';

/** What a database may be able to do; a test that needs one names it. `failover`: more than one member. */
export const CAPABILITIES = /** @type {const} */ ([
  'transactions',
  'changeStreams',
  'validators',
  'failover',
]);

/** @typedef {(typeof CAPABILITIES)[number]} Capability */

/**
 * Tries out what the server behind an address really does; what it says of itself is not trusted.
 *
 * @param {string} uri
 * @returns {Promise<readonly Capability[]>}
 */
export function probeCapabilities(uri) {
  return withMongoClient(
    uri,
    async (client) => {
      const database = client.db(`capability_probe_${process.pid}_${Date.now().toString(36)}`);
      const probes = { transactions, changeStreams, validators, failover };
      try {
        /** @type {Capability[]} */
        const found = [];
        for (const name of CAPABILITIES)
          if (await holds(() => probes[name](client, database))) found.push(name);
        return found;
      } finally {
        await database.dropDatabase().catch(() => undefined);
      }
    },
    { timeoutMs: 15_000 },
  );
}

/**
 * Refuses a database that lacks what REQUIRE_CAPABILITIES names, so that a skipped test cannot hide.
 *
 * @param {readonly string[]} found
 * @param {string | undefined} required - comma-separated names.
 * @throws {EngineError} naming each missing one and each unknown name.
 */
export function requireCapabilities(found, required) {
  const wanted = (required ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const unknown = wanted.filter((name) => !CAPABILITIES.some((known) => known === name));
  if (unknown.length > 0) {
    throw new EngineError(`REQUIRE_CAPABILITIES names what nobody knows: ${unknown.join(', ')}`, {
      fix: `use some of ${CAPABILITIES.join(', ')}`,
    });
  }
  const missing = wanted.filter((name) => !found.includes(name));
  if (missing.length === 0) return;
  throw new EngineError(`the database lacks required capabilities: ${missing.join(', ')}`, {
    cause: `it has: ${found.join(', ') || 'none of them'}`,
    fix: 'set MONGODB_URI to a replica set that has them, or take the names out of REQUIRE_CAPABILITIES',
  });
}

/** @typedef {(client: import('mongodb').MongoClient, database: import('mongodb').Db) => Promise<boolean>} Probe */

/** A commit is seen and an abort is not. @type {Probe} */
async function transactions(client, database) {
  const rows = await database.createCollection('transactions');
  const session = client.startSession();
  try {
    await session.withTransaction(() => rows.insertOne({ kept: true }, { session }));
    session.startTransaction();
    await rows.insertOne({ kept: false }, { session });
    await session.abortTransaction();
  } finally {
    await session.endSession();
  }
  return (
    (await rows.countDocuments({ kept: true })) === 1 &&
    (await rows.countDocuments({ kept: false })) === 0
  );
}

/** @type {Probe} */
async function changeStreams(_client, database) {
  const rows = await database.createCollection('change_streams');
  const stream = rows.watch([], { maxAwaitTimeMS: 200 });
  try {
    await stream.tryNext();
    await rows.insertOne({ seen: true });
    const change = await Promise.race([stream.next(), delay(5000, undefined, { ref: false })]);
    return change?.operationType === 'insert';
  } finally {
    await stream.close().catch(() => undefined);
  }
}

/** @type {Probe} */
async function validators(_client, database) {
  const rows = await database.createCollection('validators', {
    validator: { $jsonSchema: { required: ['needed'] } },
  });
  const refused = await rows.insertOne({}).then(
    () => false,
    () => true,
  );
  return refused && (await rows.insertOne({ needed: 1 })).acknowledged;
}

/** @type {Probe} */
async function failover(client) {
  const hello = await client.db('admin').command({ hello: 1 });
  return (hello.hosts ?? []).length > 1;
}

/** @param {() => Promise<boolean>} probe */
async function holds(probe) {
  try {
    return await probe();
  } catch {
    return false;
  }
}
