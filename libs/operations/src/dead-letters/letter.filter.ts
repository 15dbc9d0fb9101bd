import { DEAD_LETTER_REASONS } from 'millrace/pipeline';
import type { DeadLetter, DeadLetterFilter } from './dead-letter';
import { DeadLetterFilterInvalidError } from './dead-letter.errors';

/** Fields of {@link DeadLetterFilter}; any other one is a mistake. */
const FIELDS: ReadonlySet<string> = new Set<keyof DeadLetterFilter>([
  'topic',
  'reason',
  'errorCode',
  'groupId',
  'key',
  'contract',
  'since',
  'until',
  'partition',
  'offsets',
  'parked',
]);
const TEXTS = ['topic', 'errorCode', 'groupId', 'key', 'contract'] as const;
const PARKED = ['only', 'without', 'any'] as const;

/**
 * Refuses a filter whose words make no sense; what is there on the brokers is looked at later.
 *
 * @throws {DeadLetterFilterInvalidError} DEADLETTER_FILTER_INVALID, naming the field and what is allowed.
 */
export function checkFilter(filter: DeadLetterFilter): void {
  for (const name of Object.keys(filter)) {
    if (!FIELDS.has(name))
      throw filterInvalid(name, `there is no such field; there are: ${[...FIELDS].join(', ')}`);
  }
  for (const name of TEXTS) {
    const text: unknown = filter[name];
    if (text === undefined) continue;
    // An empty key is a key.
    if (typeof text !== 'string' || (text === '' && name !== 'key'))
      throw filterInvalid(name, 'text is wanted');
  }
  oneOf('reason', filter.reason, DEAD_LETTER_REASONS);
  oneOf('parked', filter.parked, PARKED);
  checkTimes(filter);
  checkPlace(filter);
}

/** True for a letter that fits; its place in the log is looked at by the scan. */
export function fits(filter: DeadLetterFilter, letter: DeadLetter): boolean {
  const { reason, errorCode, groupId, key, contract, since, until, parked = 'without' } = filter;
  if (parked !== 'any' && letter.parked !== (parked === 'only')) return false;
  if (reason !== undefined && letter.reason !== reason) return false;
  if (errorCode !== undefined && letter.errorCode !== errorCode) return false;
  if (groupId !== undefined && letter.groupId !== groupId) return false;
  if (key !== undefined && letter.key !== key) return false;
  if (since !== undefined && letter.timestampMs < since.getTime()) return false;
  if (until !== undefined && letter.timestampMs >= until.getTime()) return false;
  return contract === undefined || isOf(contract, letter.contract);
}

export function filterInvalid(field: string, why: string): DeadLetterFilterInvalidError {
  return new DeadLetterFilterInvalidError({
    message: `filter "${field}": ${why}`,
    where: field,
    facts: { field },
  });
}

function isOf(wanted: string, contract: string | null): boolean {
  return contract === wanted || (contract?.startsWith(`${wanted} v`) ?? false);
}

function oneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value as string)) return;
  throw filterInvalid(name, `one of these is wanted: ${allowed.join(', ')}`);
}

function checkTimes({ since, until }: DeadLetterFilter): void {
  for (const [name, time] of Object.entries({ since, until })) {
    if (time === undefined) continue;
    if (!(time instanceof Date) || Number.isNaN(time.getTime()))
      throw filterInvalid(name, 'a time is wanted');
  }
  if (since !== undefined && until !== undefined && since >= until) {
    throw filterInvalid('until', `must be after since (${since.toISOString()})`);
  }
}

function checkPlace({ topic, partition, offsets }: DeadLetterFilter): void {
  if (partition !== undefined) {
    if (topic === undefined) throw filterInvalid('partition', 'needs a topic');
    if (!Number.isInteger(partition) || partition < 0)
      throw filterInvalid('partition', 'a whole number from 0 is wanted');
  }
  if (offsets === undefined) return;
  if (partition === undefined) throw filterInvalid('offsets', 'need a partition');
  const { from = 0n, to } = offsets;
  if (typeof from !== 'bigint' || from < 0n)
    throw filterInvalid('offsets', 'from must be a whole number from 0');
  if (to !== undefined && (typeof to !== 'bigint' || to <= from)) {
    throw filterInvalid('offsets', `to is not included, it must be above from (${from})`);
  }
}
