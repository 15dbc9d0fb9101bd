// @ts-check

/**
 * The documents of the control store, as `MongoControlStore` of libs/mongo writes and reads them; a
 * test on a real server holds the two together.
 */
export const CONTROL_COLLECTION = 'pipeline_control';
const HISTORY_LENGTH = 50;
const DURABLE = /** @type {const} */ ({ writeConcern: { w: 'majority', journal: true } });

/** @typedef {import('./arguments.mjs').Target} Target */
/** @typedef {{ by: string, reason: string, at: Date }} Audit */
/** @typedef {{ _id: string, kind: 'pause' | 'stop', active: boolean, groupId: string, topic?: string, partition?: number, audit?: Audit, serviceVersion?: string, at?: Date, causes?: unknown }} ControlDocument */

/** @param {import('mongodb').Db} db @returns {import('mongodb').Collection<ControlDocument>} */
const collectionOf = (db) => db.collection(CONTROL_COLLECTION, DURABLE);

/** @param {import('mongodb').Db} db */
export async function readState(db) {
  const found = await collectionOf(db).find({ active: true }).sort({ _id: 1 }).toArray();
  return {
    pauses: found
      .filter(({ kind }) => kind === 'pause')
      .map(({ groupId, topic, partition, audit }) => ({ groupId, topic, partition, ...audit })),
    stops: found
      .filter(({ kind }) => kind === 'stop')
      .map(({ groupId, serviceVersion, at, causes }) => ({ groupId, serviceVersion, at, causes })),
  };
}

/** @param {import('mongodb').Db} db @param {Target} target @param {Audit} audit */
export async function pause(db, target, audit) {
  await collectionOf(db).updateOne(
    { _id: pauseId(target) },
    { $set: { kind: 'pause', ...target, audit, active: true }, ...noting('pause', audit) },
    { upsert: true },
  );
}

/** @param {import('mongodb').Db} db @param {Target} target @param {Audit} audit @returns {Promise<boolean>} false when there was no pause of exactly this target. */
export async function resume(db, target, audit) {
  return takeBack(db, pauseId(target), 'resume', audit);
}

/** @param {import('mongodb').Db} db @param {string} groupId @param {Audit} audit @returns {Promise<boolean>} false when the group had not stopped itself. */
export async function restart(db, groupId, audit) {
  return takeBack(db, `stop ${JSON.stringify([groupId])}`, 'restart', audit);
}

/** @param {import('mongodb').Db} db @param {string} _id @param {string} change @param {Audit} audit */
async function takeBack(db, _id, change, audit) {
  const { matchedCount } = await collectionOf(db).updateOne(
    { _id, active: true },
    { $set: { active: false }, ...noting(change, audit) },
  );
  return matchedCount > 0;
}

/** @param {Target} target */
const pauseId = ({ groupId, topic, partition }) =>
  `pause ${JSON.stringify([groupId, topic ?? null, partition ?? null])}`;

/** @param {string} change @param {Audit} audit @returns {object} */
const noting = (change, audit) => ({
  $push: { history: { $each: [{ change, ...audit }], $slice: -HISTORY_LENGTH } },
});
