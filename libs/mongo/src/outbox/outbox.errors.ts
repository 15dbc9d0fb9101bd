import { defineError } from 'millrace/errors';

/** Refuses an outbox on a server that cannot keep an event and its data together. */
export class OutboxTransactionsMissingError extends defineError({
  code: 'OUTBOX_TRANSACTIONS_MISSING',
  failure: 'fatal',
  summary: 'the outbox needs transactions, and this MongoDB server has none',
  likelyCause:
    'mongod runs without --replSet, or it is another server with the protocol of MongoDB',
  fix: 'use a replica set (one member is enough), or publish with EventPublisher after the write',
}) {}

/** Refuses to put an event into the outbox outside of a transaction: it would not be part of anything. */
export class OutboxSessionInvalidError extends defineError({
  code: 'OUTBOX_SESSION_INVALID',
  failure: 'permanent',
  summary: 'an event was given to the outbox outside of a transaction',
  likelyCause: 'the session is missing, or its transaction has not begun or is over',
  fix: 'publish inside of outbox.transaction(...) and hand its session over',
}) {}

/** Refuses events of a contract that the outbox does not know: nobody looks after its topic. */
export class OutboxContractMissingError extends defineError({
  code: 'OUTBOX_CONTRACT_MISSING',
  failure: 'permanent',
  summary: 'the outbox does not publish events of this contract',
  likelyCause: 'OutboxModule.forRoot({ publishes: [...] }) does not list it',
  fix: 'add the contract there',
}) {}

/** Refuses an event that no document of MongoDB can hold. */
export class OutboxEventTooLargeError extends defineError({
  code: 'OUTBOX_EVENT_TOO_LARGE',
  failure: 'permanent',
  summary: 'the event is larger than the outbox takes',
  likelyCause: 'a file or a list without bound is part of the event',
  fix: 'publish a reference in place of the content',
}) {}

/** Every error class of the outbox, for the catalogue. */
export const OUTBOX_ERRORS = [
  OutboxTransactionsMissingError,
  OutboxSessionInvalidError,
  OutboxContractMissingError,
  OutboxEventTooLargeError,
] as const;
