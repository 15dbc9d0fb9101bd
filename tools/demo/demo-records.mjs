// @ts-check
import { randomBytes } from 'node:crypto';

const GOOD_RECORDS = 20;
/** A bad record after every fourth good one. */
const EVERY = 4;
const METALS = ['gold', 'silver', 'platinum', 'palladium', 'copper'];
/** Of the contract `metals.price.quoted`. */
const VERSION = '2';

/**
 * One record of the demonstration; `problem` says what is wrong with it, and is missing for a good one.
 *
 * @typedef {{ id: string, problem?: string, message: import('kafkajs').Message }} DemoRecord
 */

/** @type {readonly { problem: string, value: (good: string) => string | Buffer, version?: string }[]} */
const POISON = [
  { problem: 'JSON that breaks off', value: (good) => good.slice(0, -20) },
  { problem: 'a negative price', value: (good) => good.replace('"price":', '"price":-') },
  { problem: 'an unknown metal', value: (good) => good.replace(/"metal":"\w+"/, '"metal":"tin"') },
  { problem: 'a contract version from the future', value: (good) => good, version: '99' },
  { problem: 'bytes that are no text', value: () => Buffer.from([0x7b, 0xff, 0xfe, 0x80, 0x7d]) },
];

/**
 * Makes good records with bad ones between them; all have the headers that a producer would write.
 *
 * @param {number} nowMs
 * @returns {readonly DemoRecord[]}
 */
export function demoRecords(nowMs) {
  const run = `demo-poison-${randomBytes(4).toString('hex')}`;
  return Array.from({ length: GOOD_RECORDS }, (_, index) => {
    const good = recordOf({ id: `${run}-good-${index}`, index, nowMs });
    const poison = index % EVERY === 0 ? POISON[index / EVERY] : undefined;
    return poison ? [good, recordOf({ id: `${run}-bad-${index}`, index, nowMs, poison })] : [good];
  }).flat();
}

/** @param {{ id: string, index: number, nowMs: number, poison?: (typeof POISON)[number] }} options @returns {DemoRecord} */
function recordOf({ id, index, nowMs, poison }) {
  const observedAt = new Date(nowMs - index * 1000).toISOString();
  const metal = METALS[index % METALS.length] ?? '';
  const good = JSON.stringify({ metal, price: 100 + index, currency: 'USD', observedAt });
  const headers = {
    ce_id: id,
    ce_source: 'demo-poison',
    ce_type: 'metals.price.quoted',
    ce_time: new Date(nowMs).toISOString(),
    ce_specversion: '1.0',
    'content-type': 'application/json',
    'contract-version': poison?.version ?? VERSION,
  };
  const value = poison ? poison.value(good) : good;
  return {
    id,
    message: { key: metal, value, headers },
    ...(poison && { problem: poison.problem }),
  };
}
