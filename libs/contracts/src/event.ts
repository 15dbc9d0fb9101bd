import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { MillraceError } from 'millrace/errors';
import { MillraceError as MillraceErrorBase } from 'millrace/errors';
import type { Contract } from './contract';
import {
  CodecMalformedError,
  ContractInvalidError,
  ContractUnknownError,
  ContractUpcastFailedError,
} from './contracts.errors';

/** Names of the headers that a Millrace event carries: CloudEvents 1.0 binary mode, and the contract's version. */
export const EVENT_HEADERS = Object.freeze({
  id: 'ce_id',
  source: 'ce_source',
  type: 'ce_type',
  time: 'ce_time',
  specVersion: 'ce_specversion',
  contentType: 'content-type',
  contractVersion: 'contract-version',
});

/** Longest event id; unit bytes (it becomes a document id and a header). */
export const MAX_EVENT_ID_BYTES = 256;

const PRINTABLE = /^[\x21-\x7e]+$/;

/** True for an id of 1-256 printable ASCII characters without spaces. */
export function isEventId(candidate: string): boolean {
  return candidate.length <= MAX_EVENT_ID_BYTES && PRINTABLE.test(candidate);
}

export type HeaderList = ReadonlyArray<readonly [name: string, value: Buffer | null]>;

export interface EncodedEvent {
  readonly key: Buffer | null;
  readonly value: Buffer;
  readonly headers: HeaderList;
}

/**
 * Turns a valid event into what a record holds.
 *
 * @param origin.eventId - idempotency id; see {@link isEventId}.
 * @param origin.source - who made the event; becomes `ce_source`; example `producer`.
 * @param origin.nowMs - becomes `ce_time`; unit ms since the Unix epoch.
 * @see CloudEvents Kafka protocol binding 1.0, binary content mode
 */
export function encodeEvent<Event>(
  contract: Contract<Event>,
  event: Event,
  origin: { readonly eventId: string; readonly source: string; readonly nowMs: number },
): EncodedEvent {
  const key = contract.keyOf(event);
  return {
    key: key === null ? null : Buffer.from(key, 'utf8'),
    value: contract.codec.encode(event),
    headers: [
      [EVENT_HEADERS.id, Buffer.from(origin.eventId)],
      [EVENT_HEADERS.source, Buffer.from(origin.source)],
      [EVENT_HEADERS.type, Buffer.from(contract.name)],
      [EVENT_HEADERS.time, Buffer.from(new Date(origin.nowMs).toISOString())],
      [EVENT_HEADERS.specVersion, Buffer.from('1.0')],
      [EVENT_HEADERS.contentType, Buffer.from(contract.codec.contentType)],
      [EVENT_HEADERS.contractVersion, Buffer.from(String(contract.version))],
    ],
  };
}

/** One thing that is wrong with an event. */
export interface ContractIssue {
  /** Dotted path; empty for the event as a whole; example `price`. */
  readonly path: string;
  /** What is expected; never the value that was found. */
  readonly message: string;
}

export type Validation<Event> =
  | { readonly event: Event }
  | { readonly error: MillraceError; readonly issues: readonly ContractIssue[] };

/**
 * Validates a value against the current version of a contract.
 *
 * Never throws. Every bad field is listed.
 */
export function validateEvent<Event>(contract: Contract<Event>, value: unknown): Validation<Event> {
  let result: ReturnType<(typeof contract.schema)['~standard']['validate']>;
  try {
    result = contract.schema['~standard'].validate(value);
  } catch {
    // A refinement of the user that fails on this one value must not stop the others.
    return invalid(contract, [{ path: '', message: 'the schema of the contract failed on it' }]);
  }
  if (result instanceof Promise) {
    void result.catch(() => undefined);
    return invalid(contract, [{ path: '', message: 'the schema of the contract is asynchronous' }]);
  }
  if (result.issues === undefined) return { event: result.value };
  return invalid(contract, result.issues.map(toIssue));
}

export type Decoded<Event> =
  | { readonly event: Event }
  | {
      readonly error: MillraceError;
      readonly reason: 'malformed' | 'contract-invalid' | 'contract-unknown';
    };

/**
 * Reads the event of a record: decode, upcast, validate.
 *
 * Never throws: bad input is an answer with its dead letter reason.
 *
 * @param version - header `contract-version` as text; null when the record has none, which means
 * the current version.
 */
export function decodeEvent<Event>(
  contract: Contract<Event>,
  value: Buffer | null,
  version: string | null,
): Decoded<Event> {
  if (value === null) {
    return refused('contract-invalid', contract, [
      { path: '', message: 'a tombstone is not an event of this contract' },
    ]);
  }
  const from = version === null ? contract.version : Number(version);
  if (from !== contract.version && !contract.reads(from)) {
    return { reason: 'contract-unknown', error: unknownVersion(contract, version ?? '') };
  }
  let decoded: unknown;
  try {
    decoded = contract.codec.decode(value);
  } catch (error) {
    return { reason: 'malformed', error: asMalformed(error) };
  }
  if (from !== contract.version) {
    try {
      decoded = contract.upcast(decoded, from);
    } catch (error) {
      return { reason: 'contract-invalid', error: asUpcastFailed(contract, error) };
    }
  }
  const validated = validateEvent(contract, decoded);
  return 'event' in validated ? validated : { reason: 'contract-invalid', error: validated.error };
}

function refused(
  reason: 'contract-invalid',
  contract: Pick<Contract, 'name' | 'version'>,
  issues: readonly ContractIssue[],
) {
  return { reason, error: invalid(contract, issues).error };
}

function invalid(contract: Pick<Contract, 'name' | 'version'>, issues: readonly ContractIssue[]) {
  const list = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const error = new ContractInvalidError({
    message: `${contract.name} v${contract.version}: ${list.join('; ')}`,
    facts: { contract: contract.name, version: contract.version, issues },
  });
  return { error, issues };
}

function unknownVersion(contract: Pick<Contract, 'name' | 'version'>, version: string) {
  // The header is third-party input: only a number is worth repeating.
  const shown = /^\d{1,9}$/.test(version) ? version : 'that is not a number';
  return new ContractUnknownError({
    message: `${contract.name}: this service reads version ${contract.version} and not version ${shown}`,
    facts: { contract: contract.name, version: contract.version },
  });
}

function asMalformed(error: unknown): MillraceError {
  return error instanceof MillraceErrorBase ? error : new CodecMalformedError({ cause: error });
}

function asUpcastFailed(contract: Pick<Contract, 'name'>, error: unknown): MillraceError {
  if (error instanceof MillraceErrorBase) return error;
  return new ContractUpcastFailedError({ message: `${contract.name}: an upcaster failed` });
}

function toIssue(issue: StandardSchemaV1.Issue): ContractIssue {
  const path = (issue.path ?? [])
    .map((part) => String(typeof part === 'object' ? part.key : part))
    .join('.');
  return { path, message: issue.message };
}
