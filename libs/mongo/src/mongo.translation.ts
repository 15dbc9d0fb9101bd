import { MillraceError } from 'millrace/errors';
import type { ErrorDetails, MillraceErrorClass } from 'millrace/errors';
import { Error as MongooseError } from 'mongoose';
import type { DuplicateKeyAnswer } from './duplicate-key';
import { duplicateKeyOf } from './duplicate-key';
import { networkReason } from './network-reason';
import {
  DUPLICATE_KEY_CODES,
  INFRASTRUCTURE_LABELS,
  INFRASTRUCTURE_NAMES,
  UNKNOWN_CALL_ERROR,
  UNKNOWN_OPERATION_ERROR,
  rowOfCode,
} from './outcome-table';
import { isError, isSerialisationError, serialisationError } from './serialisation';
import {
  MONGO_ERRORS,
  SinkDocumentRejectedError,
  SinkUniqueConflictError,
  SinkWriteConflictError,
} from './sink.errors';
import { failedFields } from './validation-fields';

/** The parts of an answer that are read; nothing else of it reaches a message. */
export interface MongoAnswer extends DuplicateKeyAnswer {
  readonly name?: string;
  readonly code?: unknown;
  readonly errInfo?: unknown;
}

/**
 * Gives an error of the driver or of mongoose its code, for handlers that use the database
 * themselves.
 *
 * Promises: never throws; messages hold codes and names of fields and indexes, never values; the
 * original rides in `cause`.
 *
 * @returns undefined when the error is neither of the driver nor of mongoose.
 * @see docs/architecture.md, "How a record is processed", step 7
 */
export function translateMongoError(thrown: unknown): MillraceError | undefined {
  if (!isError(thrown) || thrown instanceof MillraceError) return undefined;
  if (isSerialisationError(thrown)) return serialisationError(thrown);
  if (thrown.name.startsWith('Mongo') && isInfrastructure(thrown)) {
    return new UNKNOWN_CALL_ERROR(detailsOf(thrown, thrown));
  }
  if (thrown instanceof MongooseError) return translateMongoose(thrown);
  if (!thrown.name.startsWith('Mongo')) return undefined;
  return operationError(thrown, thrown, UNKNOWN_CALL_ERROR);
}

/** True when the error has a code of this lib. */
export function isMongoError(error: MillraceError): boolean {
  return MONGO_ERRORS.some((known) => known.definition.code === error.code);
}

/**
 * Classifies what the server said about one operation. Total.
 *
 * @param unknown - the class for codes of no row.
 */
export function operationError(
  answer: MongoAnswer,
  cause: unknown,
  unknown: MillraceErrorClass = UNKNOWN_OPERATION_ERROR,
): MillraceError {
  if (DUPLICATE_KEY_CODES.includes(Number(answer.code))) {
    const { index } = duplicateKeyOf(answer);
    const message = `the unique index ${index ?? '(not named)'} has this value already`;
    return new SinkUniqueConflictError({ message, cause, facts: { index } });
  }
  const ErrorClass = rowOfCode(answer.code)?.error ?? unknown;
  return new ErrorClass(detailsOf(answer, cause));
}

/**
 * Classifies a call that failed as a whole: nothing is known about any of its operations. Total.
 *
 * Data errors do not name their record here, so they count as infrastructure; the writer looks for
 * the guilty operation first, see {@link isPermanentForCall}.
 */
export function callError(thrown: unknown): MillraceError {
  if (thrown instanceof MillraceError) return thrown;
  const answer = answerOf(thrown);
  const row = rowOfCode(answer.code);
  const isOfAll =
    row !== undefined && ['fatal', 'infrastructure'].includes(row.error.definition.failure);
  const ErrorClass = isOfAll ? row.error : UNKNOWN_CALL_ERROR;
  return new ErrorClass(detailsOf(answer, thrown));
}

/** True when the server refused a whole call for a reason that a single document can be. */
export function isPermanentForCall(thrown: unknown): boolean {
  if (!isError(thrown) || isInfrastructure(thrown)) return false;
  return rowOfCode(answerOf(thrown).code)?.error.definition.failure === 'permanent';
}

function translateMongoose(thrown: MongooseError): MillraceError {
  const { name } = thrown;
  if (name === 'VersionError' || name === 'ParallelSaveError') {
    return new SinkWriteConflictError({ message: `mongoose: ${name}`, cause: thrown });
  }
  if (!REFUSALS_OF_MONGOOSE.has(name)) {
    return new UNKNOWN_CALL_ERROR({ message: `mongoose: ${name}`, cause: thrown });
  }
  const fields = Object.keys((thrown as { readonly errors?: object }).errors ?? {});
  const message = `mongoose refuses the document (${name})${fieldsText(fields)}`;
  return new SinkDocumentRejectedError({ message, cause: thrown, facts: { fields } });
}

const REFUSALS_OF_MONGOOSE = new Set([
  'ValidationError',
  'ValidatorError',
  'CastError',
  'StrictModeError',
  'ObjectExpectedError',
  'ObjectParameterError',
]);

function isInfrastructure(thrown: Error): boolean {
  if (INFRASTRUCTURE_NAMES.includes(thrown.name)) return true;
  const { hasErrorLabel } = thrown as { readonly hasErrorLabel?: (label: string) => boolean };
  if (typeof hasErrorLabel !== 'function') return false;
  return INFRASTRUCTURE_LABELS.some((label) => hasErrorLabel.call(thrown, label));
}

function answerOf(thrown: unknown): MongoAnswer {
  return typeof thrown === 'object' && thrown !== null ? thrown : { name: typeof thrown };
}

function detailsOf({ name, code, errInfo }: MongoAnswer, cause: unknown): ErrorDetails {
  const fields = failedFields(errInfo);
  const reason = networkReason(cause);
  const who = `${name ?? 'MongoDB'}${reason === null ? '' : ` (${reason})`}`;
  const what = typeof code === 'number' ? `MongoDB code ${code}` : who;
  const row = rowOfCode(code);
  const message = `${what}${row === undefined ? '' : `, ${row.name}`}${fieldsText(fields)}`;
  return { message, cause, facts: { mongo_code: code ?? null, fields } };
}

function fieldsText(fields: readonly string[]): string {
  return fields.length === 0 ? '' : ` (${fields.join(', ')})`;
}
