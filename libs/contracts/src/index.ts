export { defineContract, isContract } from './contract';
export type { Contract, ContractDefinition, ContractIdentity, EventOf } from './contract';
export type { Upcaster } from './upcast';
export { JSON_SCHEMA_TARGETS, jsonSchemaOf } from './schemas/json-schema';
export type { JsonSchemaTarget } from './schemas/json-schema';
export type { JsonSchema } from './schemas/structure';
export { asyncApiOf } from './documents/asyncapi';
export type { AsyncApiAction, AsyncApiInfo, FailureTopic } from './documents/asyncapi';
export { checkCorpus } from './checks/corpus';
export type { CorpusFile } from './checks/corpus';
export type { ContractFinding, ContractFindingCode } from './checks/finding';
export { checkContracts, planSchemaFiles, schemaFileOf } from './checks/schema-files';
export type { ReadCommitted, SchemaFile } from './checks/schema-files';
export { BREAK_REASONS } from './compatibility/break';
export type { BreakReason } from './compatibility/break';
export { COMPATIBILITY_MODES, compatibility } from './compatibility/compatibility';
export type { Breaking, Compatibility, CompatibilityMode } from './compatibility/compatibility';
export type { Codec } from './codec';
export { jsonCodec } from './json.codec';
export { flawOfJson } from './json-keys';
export type { JsonFlaw } from './json-scan';
export { maskPersonalData } from './personal-data';
export { uuidv7 } from './uuidv7';
export {
  EVENT_HEADERS,
  MAX_EVENT_ID_BYTES,
  decodeEvent,
  encodeEvent,
  isEventId,
  validateEvent,
} from './event';
export type { ContractIssue, Decoded, EncodedEvent, HeaderList, Validation } from './event';
export {
  CONTRACTS_ERRORS,
  CodecMalformedError,
  ContractDefinitionInvalidError,
  ContractInvalidError,
  ContractSchemaUnknownError,
  ContractUnknownError,
  ContractUpcastFailedError,
} from './contracts.errors';
