export { defineContract } from './contract';
export type { Contract, ContractDefinition, ContractIdentity, EventOf, Upcaster } from './contract';
export type { Codec } from './codec';
export { jsonCodec } from './json.codec';
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
  ContractUnknownError,
} from './contracts.errors';
