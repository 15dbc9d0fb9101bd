// @ts-check
import { EngineError } from './engine-error.mjs';
import { until } from './steps.mjs';

/**
 * Opens a client of the `mongodb` driver for the time of `work`.
 *
 * The driver is loaded only here: everything else of the engines runs before anything is installed.
 *
 * @template T
 * @param {string} uri
 * @param {(client: import('mongodb').MongoClient) => Promise<T>} work
 * @param {{ timeoutMs?: number }} [options] - of the first connection; default 30000.
 * @returns {Promise<T>}
 */
export async function withMongoClient(uri, work, { timeoutMs = 30_000 } = {}) {
  const { MongoClient } = await loadDriver();
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: timeoutMs });
  try {
    await client.connect().catch((error) => {
      throw unreachable(uri, error);
    });
    return await work(client);
  } finally {
    await client.close();
  }
}

/**
 * Makes a fresh `mongod` a replica set of one member, which transactions and change streams need; harmless when it is.
 *
 * @param {number} port
 * @param {string} replicaSet
 */
export async function initiateReplicaSet(port, replicaSet) {
  await withMongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, async (client) => {
    const admin = client.db('admin');
    const config = { _id: replicaSet, members: [{ _id: 0, host: `127.0.0.1:${port}` }] };
    const hello = await admin.command({ hello: 1 });
    if (!hello.setName) await admin.command({ replSetInitiate: config });
    else if (hello.me !== config.members[0]?.host) await moveMember(admin, config);
    const writable = await until(
      async () => (await admin.command({ hello: 1 })).isWritablePrimary,
      { timeoutMs: 30_000 },
    );
    if (!writable)
      throw new EngineError(
        `mongod on port ${port} did not become the primary of ${replicaSet} in 30 s`,
      );
  });
}

/** The data was last served on another port. @param {import('mongodb').Db} admin @param {{ _id: string, members: unknown[] }} config */
async function moveMember(admin, config) {
  const { config: current } = await admin.command({ replSetGetConfig: 1 });
  await admin.command({
    replSetReconfig: { ...current, members: config.members, version: current.version + 1 },
    force: true,
  });
}

/** @param {string} uri @param {Error} error */
const unreachable = (uri, error) =>
  new EngineError(`the database does not answer: ${uri.replace(/\/\/[^@/]*@/, '//***@')}`, {
    cause: error.message,
    fix: 'start it, or unset MONGODB_URI to let this command start one',
  });

async function loadDriver() {
  try {
    return await import('mongodb');
  } catch {
    throw new EngineError('the mongodb driver is not installed', {
      fix: 'npm ci --ignore-scripts',
    });
  }
}
