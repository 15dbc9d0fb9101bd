import { defineError } from 'millrace/errors';

/** Refuses a contract that cannot work, when it is defined. */
export class ContractDefinitionInvalidError extends defineError({
  code: 'CONTRACT_DEFINITION_INVALID',
  failure: 'fatal',
  summary: 'a contract is defined wrongly',
  likelyCause: 'a typing mistake in defineContract(...)',
  fix: 'correct what the message lists',
}) {}

/** Says that bytes are not of the codec's format. */
export class CodecMalformedError extends defineError({
  code: 'CODEC_MALFORMED',
  failure: 'permanent',
  summary: 'the bytes of the record are not of the format that its contract uses',
  likelyCause: 'another program writes to the topic, or the producer has a bug',
  fix: 'look at the bytes in the dead letter topic and correct the producer',
}) {}

/** Says that an event does not satisfy its contract; lists every bad field. */
export class ContractInvalidError extends defineError({
  code: 'CONTRACT_INVALID',
  failure: 'permanent',
  summary: 'the event does not satisfy its contract',
  likelyCause: 'the producer and the contract disagree',
  fix: 'correct the fields that the message lists, or redrive after the contract is corrected',
}) {}

/** Says that an upcaster threw, or answered with a promise, on an event of an older version. */
export class ContractUpcastFailedError extends defineError({
  code: 'CONTRACT_UPCAST_FAILED',
  failure: 'permanent',
  summary: 'an event of an older version cannot be brought up to the newest one',
  likelyCause: 'the upcaster of the step in the message does not expect what this event holds',
  fix: 'correct the upcaster, add the event to the golden corpus, deploy, then redrive',
}) {}

/** Says that nothing knows the JSON Schema of a contract. */
export class ContractSchemaUnknownError extends defineError({
  code: 'CONTRACT_SCHEMA_UNKNOWN',
  failure: 'fatal',
  summary: 'the schema of a contract cannot be written as JSON Schema',
  likelyCause: 'its vendor has no ~standard.jsonSchema, or the schema has parts that JSON has not',
  fix: 'pass `jsonSchema` to defineContract(...), or use only what JSON can hold',
}) {}

/** Says that a record has a contract version that this service cannot read. */
export class ContractUnknownError extends defineError({
  code: 'CONTRACT_UNKNOWN',
  failure: 'permanent',
  summary: 'the record has a contract version that this service cannot read',
  likelyCause: 'a newer producer is deployed before this service',
  fix: 'deploy this service with the newer contract, then redrive with reason contract-unknown',
}) {}

/** Every error class of this lib, for the catalogue. */
export const CONTRACTS_ERRORS = [
  ContractDefinitionInvalidError,
  CodecMalformedError,
  ContractInvalidError,
  ContractUpcastFailedError,
  ContractSchemaUnknownError,
  ContractUnknownError,
] as const;
