import { defineError } from 'millrace/errors';

/** Refuses a sink that stores its position with its data on a server that cannot. */
export class OffsetsTransactionsMissingError extends defineError({
  code: 'OFFSETS_TRANSACTIONS_MISSING',
  failure: 'fatal',
  summary: "offsets: 'transaction' needs transactions, and this MongoDB server has none",
  likelyCause:
    'mongod runs without --replSet, or it is another server with the protocol of MongoDB',
  fix: "use a replica set (one member is enough), or take offsets: 'transaction' away",
}) {}

/** Every error class of this folder, for the catalogue. */
export const OFFSETS_ERRORS = [OffsetsTransactionsMissingError] as const;
