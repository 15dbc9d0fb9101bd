import { createHash } from 'node:crypto';
import type { ClientSession, Collection } from 'mongodb';
import { Long, MongoError } from 'mongodb';

/** The order of one key. */
export interface KeyOrderDocument {
  readonly _id: string;
  /** Of the last event of the key. */
  readonly last: number;
  /** Date by which MongoDB forgets. */
  readonly usedAt: Date;
}

/** How long the order of a key that is no longer used is kept; unit s. */
export const KEY_ORDER_TTL_S = 604_800;
/** Orders of one ms. */
const ORDERS_PER_MS = 1_000;
const DUPLICATE_KEY = 11000;

/** Name of the order of a key: a topic, and a hash because keys are bytes of any length. */
export function keyOrderId(topic: string, key: Buffer): string {
  return `key ${topic} ${createHash('sha256').update(key).digest('base64url')}`;
}

/** An order for events that have no key, and so none among each other. */
export function looseOrder(nowMs: number): number {
  return nowMs * ORDERS_PER_MS;
}

/**
 * Takes the next order of a key, inside of the transaction that writes its event.
 *
 * Every transaction with an event of this key changes the same document, so MongoDB lets only one of
 * them go on at a time; the next one sees what the last one has committed. The order of a key is
 * therefore that of the commits, and a lower one never shows up after a higher one.
 *
 * The time is only a floor: forgotten keys go on above what they had.
 *
 * @throws the error of the driver as it is: its labels tell who began the transaction to try again.
 */
export async function nextOrder(
  orders: Collection<KeyOrderDocument>,
  _id: string,
  nowMs: number,
  session: ClientSession,
): Promise<number> {
  const before = { $max: [{ $ifNull: ['$last', Long.ZERO] }, Long.fromNumber(looseOrder(nowMs))] };
  const change = [{ $set: { last: { $add: [before, 1] }, usedAt: '$$NOW' } }];
  try {
    const options = { upsert: true, returnDocument: 'after', session } as const;
    const found = await orders.findOneAndUpdate({ _id }, change, options);
    return Number(found?.last ?? looseOrder(nowMs));
  } catch (thrown) {
    // Two first events of a key met: as any other conflict, to be tried again from the begin.
    if (thrown instanceof MongoError && thrown.code === DUPLICATE_KEY) {
      thrown.addErrorLabel('TransientTransactionError');
    }
    throw thrown;
  }
}
